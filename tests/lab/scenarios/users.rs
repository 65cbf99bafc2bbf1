//! Privileges: the calling user reads, evaluates and builds the configuration; only the host is changed as root.

use crate::support::{EXAMPLE, Lab, PAGE};

#[test]
#[ignore = "needs a lab: make scenarios"]
fn under_sudo_the_user_evaluates_and_builds_and_root_applies() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.write("/home/admin/host.nix", EXAMPLE);
    let calls = lab.observe().nix_calls.len();
    let said = lab.sh(
        "cd /home/admin; runuser -u admin -- sudo -n NIX_PATH=$NIX_PATH container-rebuild switch --yes host.nix",
    );
    assert_eq!(said.code, 0, "{said:#?}");
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    let world = lab.observe();
    assert!(world.nix_calls.len() > calls);
    for call in &world.nix_calls[calls..] {
        assert!(call.starts_with("1000 "), "not as admin: {call}");
    }

    // Without root, the user still learns that there is nothing to do, and what could not be observed.
    let said = lab.sh("cd /home/admin; runuser -u admin -- container-rebuild plan --detailed-exitcode host.nix");
    assert_eq!((said.code, said.out.as_str()), (0, "No changes.\n"), "{said:#?}");
    assert!(said.err.contains("note[not-observed]: only root can read the nftables rules"), "{said:#?}");
    let said = lab.sh("cd /home/admin; runuser -u admin -- container-rebuild switch --yes host.nix");
    assert!(said.code == 1 && said.err.contains("must run as root"), "{said:#?}");

    // A file that only root may read is not read on behalf of the user.
    lab.sh("install -m 600 /home/admin/host.nix /root/secret.nix").ok();
    let said = lab.sh("runuser -u admin -- sudo -n container-rebuild switch --yes /root/secret.nix");
    assert!(said.code == 1 && said.err.contains("Permission denied"), "{said:#?}");
    assert!(world.kept(&lab.observe(), "wasabi"));
    lab.sh("rm /home/admin/host.nix").ok();
    lab.finish();
}
