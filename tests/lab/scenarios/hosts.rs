//! The host knows guests by name, as on NixOS: `NAME.containers` in `/etc/hosts`.

use crate::support::{Lab, host, web, with};

/// The addresses that the host's own resolver has for a name.
fn addresses(lab: &Lab, name: &str) -> Vec<String> {
    let found = lab.sh(&format!("getent ahosts {name} | cut -d ' ' -f 1 | sort -u"));
    found.out.lines().map(str::to_owned).collect()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn the_host_knows_guests_by_name_as_long_as_they_have_an_address() {
    let lab = Lab::empty();
    lab.sh(
        "cp -a /etc/hosts /root/hosts && echo '192.0.2.1 theirs # by hand' >>/etc/hosts && chmod 640 /etc/hosts",
    )
    .ok();
    let six = "hostAddress6 = \"fd00::1\"; localAddress6 = \"fd00::11\"; config";
    let wasabi = with(&web("wasabi", 11), "config", six);
    let joined = "shared = { autoStart = true; config = { }; };";
    lab.switch(&host(&[&wasabi, &web("sambal", 12), joined]));
    assert_eq!(addresses(&lab, "wasabi.containers"), ["192.168.100.11", "fd00::11"]);
    assert_eq!(addresses(&lab, "sambal.containers"), ["192.168.100.12"]);
    assert_eq!(addresses(&lab, "shared.containers"), [""; 0], "the host's own names lead there");
    for name in ["wasabi", "sambal"] {
        assert!(lab.page(&format!("http://{name}.containers/")).contains(name));
    }
    assert_eq!(addresses(&lab, "theirs"), ["192.0.2.1"]);
    assert_eq!(lab.sh("stat -c %a /etc/hosts").ok(), "640\n");

    // Somebody removes a line.
    lab.sh("sed -i /sambal.containers/d /etc/hosts").ok();
    let plan = lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix");
    assert!(plan.code == 0 && plan.err.contains("/etc/hosts is not as it was written"), "{plan:#?}");
    lab.sh("container-rebuild switch --yes /root/host.nix").ok();
    assert_eq!(addresses(&lab, "sambal.containers"), ["192.168.100.12"]);

    // The address changes, and then the container goes.
    lab.switch(&host(&[&wasabi, &web("sambal", 13)]));
    assert_eq!(addresses(&lab, "sambal.containers"), ["192.168.100.13"]);
    assert!(lab.page("http://sambal.containers/").contains("sambal"));
    lab.sh("container-rebuild stop sambal").ok();
    lab.reboot();
    assert_eq!(addresses(&lab, "sambal.containers"), ["192.168.100.13"]);
    lab.switch(&host(&[&wasabi]));
    assert_eq!(addresses(&lab, "sambal.containers"), [""; 0]);

    // NixOS has a symlink into the store there.
    lab.sh("sed -i /wasabi/d /etc/hosts && mv /etc/hosts /root/hosts-elsewhere && ln -s /root/hosts-elsewhere /etc/hosts").ok();
    let plan = lab.sh("container-rebuild plan --detailed-exitcode /root/host.nix");
    assert!(plan.code == 0 && !plan.err.contains("/etc/hosts"), "{plan:#?}");
    lab.switch(&host(&[&wasabi, &web("sambal", 12)]));
    lab.sh("! grep containers /root/hosts-elsewhere && test -L /etc/hosts").ok();
    lab.sh("rm /etc/hosts && mv /root/hosts-elsewhere /etc/hosts").ok();
    lab.switch(&host(&[&wasabi, &web("sambal", 12)]));
    assert_eq!(addresses(&lab, "sambal.containers"), ["192.168.100.12"]);

    lab.sh("container-rebuild release --yes").ok();
    let left = lab.sh("cat /etc/hosts").ok();
    assert!(!left.contains("containers") && left.contains("192.0.2.1 theirs # by hand"), "{left}");
    lab.sh("cp -a /root/hosts /etc/hosts && rm /root/hosts").ok();
    lab.finish();
}
