//! The README's examples that need a host.

use crate::support::{EXAMPLE, Lab};

#[path = "../../readme/mod.rs"]
mod page;

#[test]
#[ignore = "needs a lab: make scenarios"]
fn its_commands_print_what_it_says() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.write("/root/host.nix", EXAMPLE);
    page::check("# ", |command| lab.sh(&format!("cd /root; exec 2>&1; {command}")).ok());
    assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), lab.page("http://192.168.100.11/"));
    lab.finish();
}
