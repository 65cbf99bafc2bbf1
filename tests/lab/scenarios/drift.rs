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
