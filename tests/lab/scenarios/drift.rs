//! What somebody else did to the host: named, and put right by the next switch.

use crate::support::{EXAMPLE, Lab, PAGE};

#[test]
#[ignore = "needs a lab: make scenarios"]
fn each_kind_of_drift_is_named_and_put_right() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData").ok();
    lab.switch(EXAMPLE);
    #[rustfmt::skip]
    let table = [
        ("systemctl stop container@wasabi", "was stopped, though it starts by itself", "none"),
        ("nft delete element inet container-rebuild addr4 '{ tcp . 8080 }'", "rules are not those that were applied last", "firewall"),
        ("nft delete table inet container-rebuild", "rules are not those that were applied last", "firewall"),
        ("echo Nice=5 >>/run/systemd/system/container@wasabi.service; systemctl daemon-reload", "its unit file is not as it was written", "none"),
        ("chmod u+w /run/container-rebuild/conf/wasabi.conf; echo X=1 >>/run/container-rebuild/conf/wasabi.conf", "its .conf file is not as it was written", "none"),
        ("ip link set ve-wasabi down", "its link to the host is down or has lost a route", "reload"),
        ("ip route del 192.168.100.11 dev ve-wasabi", "its link to the host is down or has lost a route", "reload"),
        ("ip address add 192.168.100.77/32 dev ve-wasabi; ip address del 192.168.100.2/32 dev ve-wasabi", "\"192.168.100.77\" -> \"192.168.100.2\"", "reload"),
        ("ip link del ve-wasabi", "its link to the host is gone", "restart"),
    ];
    for (meddling, named, cost) in table {
        lab.sh(meddling).ok();
        let repaired = lab.switch(EXAMPLE);
        let (out, err) = (&repaired.said.out, &repaired.said.err);
        assert!(out.contains(named) || err.contains(named), "{meddling}: {out}{err}");
        if cost == "firewall" {
            assert_eq!(repaired.plan["firewall"]["changed"], true, "{meddling}");
        } else {
            assert_eq!(repaired.cost("wasabi"), cost, "{meddling}");
        }
        assert_eq!(lab.page("http://192.168.100.11/"), PAGE, "{meddling}");
        assert_eq!(lab.lan_page("http://10.77.0.2:8080/"), PAGE, "{meddling}");
        let status = lab.sh("container-rebuild status --json").ok();
        let status: serde_json::Value = serde_json::from_str(&status).expect("JSON");
        assert_eq!(status["containers"][0]["drift"], serde_json::json!([]), "{meddling}");
    }
    lab.finish();
}

/// Editors replace what they edit, and here that is a symlink of ours.
#[test]
#[ignore = "needs a lab: make scenarios"]
fn an_edited_conf_is_kept_beside_ours_and_its_container_goes_on_and_boots() {
    let lab = Lab::empty();
    lab.sh("mkdir /mnt/wasabiData && container-rebuild install-boot").ok();
    lab.switch(EXAMPLE);
    let edit = |number: u8| {
        lab.sh(&format!("sed -i '1i EDITED={number}' /etc/nixos-containers/wasabi.conf && [[ ! -L /etc/nixos-containers/wasabi.conf ]]")).ok();
    };
    let is_linked =
        "[[ -L /etc/nixos-containers/wasabi.conf ]] && ! grep -q EDITED /etc/nixos-containers/wasabi.conf";
    edit(1);
    let repaired = lab.switch(EXAMPLE);
    assert_eq!(repaired.cost("wasabi"), "none");
    assert!(repaired.before.kept(&repaired.after, "wasabi"));
    lab.sh(&format!("{is_linked} && grep -q EDITED=1 /etc/nixos-containers/wasabi.conf.edited")).ok();
    edit(2);
    lab.reboot();
    assert_eq!(lab.observe().running(), ["wasabi"]);
    lab.sh(&format!("{is_linked} && grep -q EDITED=2 /etc/nixos-containers/wasabi.conf.edited-2")).ok();
    assert_eq!(lab.page("http://192.168.100.11/"), PAGE);
    assert_eq!(lab.plan().1, 0);
    // It is ours to remove as well, with what was edited kept.
    edit(3);
    lab.sh("echo '{ }' >/root/nothing.nix && container-rebuild switch --yes --allow-remove /root/nothing.nix").ok();
    lab.sh("[[ ! -e /etc/nixos-containers/wasabi.conf ]] && grep -q EDITED=3 /etc/nixos-containers/wasabi.conf.edited-3").ok();
    lab.sh("rm /etc/nixos-containers/wasabi.conf.edited*").ok();
    lab.finish();
}
