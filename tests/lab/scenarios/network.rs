//! Links of containers beside the plain pair: what they cost, that they are there on both sides, and that packets pass.

use crate::support::{Lab, host, web, with};

/// A unit that makes links at each boot before containers start, and makes them now. `finish` stops it.
fn surroundings(lab: &Lab, script: &str, back: &str) {
    lab.write("/usr/local/lib/lab/scenario-links", &format!("#!/bin/bash\nset -euo pipefail\n{script}\n"));
    lab.write("/usr/local/lib/lab/scenario-links-back", &format!("#!/bin/bash\n{back}\n"));
    lab.write(
        "/etc/systemd/system/scenario-links.service",
        "[Unit]\nAfter=lab-network.service\nBefore=network.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\n\
         ExecStart=/bin/bash /usr/local/lib/lab/scenario-links\nExecStop=/bin/bash /usr/local/lib/lab/scenario-links-back\n\
         [Install]\nWantedBy=multi-user.target\n",
    );
    lab.sh("systemctl daemon-reload && systemctl enable --quiet --now scenario-links.service").ok();
}

/// Takes them away again.
fn no_surroundings(lab: &Lab) {
    lab.sh(
        "systemctl disable --quiet --now scenario-links.service; rm /etc/systemd/system/scenario-links.service \
         /usr/local/lib/lab/scenario-links*; systemctl daemon-reload",
    )
    .ok();
}

/// A bridge with an address of the host's, and a machine on it in a namespace of its own.
const BRIDGE: &str = "ip link add br-lab type bridge stp_state 0 forward_delay 0
ip address add 192.168.7.1/24 dev br-lab
ip link set br-lab up
ip netns add neighbour
ip link add port-lab type veth peer name eth0 netns neighbour
ip link set port-lab master br-lab up
ip -n neighbour address add 192.168.7.77/24 dev eth0
ip -n neighbour link set eth0 up";
const NO_BRIDGE: &str = "ip netns delete neighbour; ip link delete br-lab; ip link delete br-other; true";

/// `web`, on the bridge of [`BRIDGE`] and with a forwarded port.
fn bridged(name: &str, last: u8) -> String {
    let host = last + 100;
    let addresses = format!("hostAddress = \"192.168.100.{host}\"; localAddress = \"192.168.100.{last}\"; config");
    let on_bridge = format!(
        "hostBridge = \"br-lab\"; hostAddress = \"192.168.7.1\"; localAddress = \"192.168.7.{last}/24\"; \
         forwardPorts = [ {{ hostPort = 8080; containerPort = 80; }} ]; config"
    );
    with(&web(name, last), &addresses, &on_bridge)
}

/// A page as another machine on the bridge gets it.
fn neighbours_page(lab: &Lab, url: &str) -> String {
    lab.sh(&format!("ip netns exec neighbour curl --silent --show-error --max-time 10 {url}")).ok()
}

fn localnet(lab: &Lab, link: &str) -> String {
    lab.sh(&format!("cat /proc/sys/net/ipv4/conf/{link}/route_localnet")).ok()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_container_moves_to_a_bridge_and_back_by_a_restart() {
    let lab = Lab::empty();
    surroundings(&lab, BRIDGE, NO_BRIDGE);
    let (plain, other) = (web("wasabi", 11), web("sambal", 12));
    lab.switch(&host(&[&other, &plain]));

    let moved = lab.switch(&host(&[&other, &bridged("wasabi", 11)]));
    assert_eq!(moved.changed(), ["wasabi"].into());
    assert_eq!(moved.cost("wasabi"), "restart");
    assert!(moved.reasons("wasabi").contains(&"hostBridge"), "{:#}", moved.plan);
    assert!(moved.before.kept(&moved.after, "sambal"));
    assert!(lab.sh("ip -brief link show master br-lab").ok().contains("vb-wasabi@"));
    assert_eq!(lab.sh("ip link show ve-wasabi 2>/dev/null").code, 1, "the former link is gone");
    assert!(lab.sh("container-rebuild run wasabi -- ip -brief address").ok().contains("192.168.7.11/24"));
    let conf = lab.sh("cat /etc/nixos-containers/wasabi.conf").ok();
    assert!(conf.contains("HOST_BRIDGE=br-lab\n") && conf.contains("LOCAL_ADDRESS=192.168.7.11/24\n"), "{conf}");
    // From the host, from a neighbour on the bridge, and through the forward from everywhere.
    assert!(lab.page("http://192.168.7.11/").contains("wasabi"));
    assert!(neighbours_page(&lab, "http://192.168.7.11/").contains("wasabi"));
    assert!(neighbours_page(&lab, "http://192.168.7.1:8080/").contains("wasabi"));
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));
    assert!(lab.page("http://127.0.0.1:8080/").contains("wasabi"));
    lab.sh("container-rebuild run wasabi -- ping -c 1 -W 5 192.168.7.77 >/dev/null").ok();
    // As systemd-nspawn gives it, so that a lease stays with its guest: the same again after a restart.
    let hardware = || lab.sh("container-rebuild run wasabi -- cat /sys/class/net/eth0/address").ok();
    let first = hardware();
    lab.sh("container-rebuild restart wasabi").ok();
    assert_eq!(hardware(), first);

    // On a bridge `hostAddress` is the guest's gateway alone.
    let elsewhere = with(&bridged("wasabi", 11), "hostAddress = \"192.168.7.1\"", "hostAddress = \"192.168.7.77\"");
    assert_eq!(lab.switch(&host(&[&other, &elsewhere])).cost("wasabi"), "reload");
    let route = lab.sh("container-rebuild run wasabi -- ip route show default").ok();
    assert!(route.contains("via 192.168.7.77"), "{route}");
    assert_eq!(localnet(&lab, "br-lab"), "1\n");

    let back = lab.switch(&host(&[&other, &plain]));
    assert_eq!(back.cost("wasabi"), "restart");
    assert!(back.before.kept(&back.after, "sambal"));
    assert_eq!(lab.sh("ip link show vb-wasabi 2>/dev/null").code, 1);
    assert_eq!(localnet(&lab, "br-lab"), "0\n", "what the forward needed of the bridge is taken back");
    assert!(lab.page("http://192.168.100.11/").contains("wasabi"));
    no_surroundings(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_bridge_that_is_missing_is_said_before_anything_changes_and_one_that_is_left_is_joined_again() {
    let lab = Lab::empty();
    surroundings(&lab, BRIDGE, NO_BRIDGE);
    let good = host(&[&bridged("wasabi", 11)]);
    lab.switch(&good);
    for (bridge, message) in [
        ("br-none", "`wasabi`: the bridge `br-none` does not exist on this host"),
        ("eth0", "`wasabi`: the bridge `eth0` is no bridge"),
    ] {
        let bad = with(&good, "br-lab", bridge);
        lab.write("/root/host.nix", &bad);
        let before = lab.observe();
        let planned = lab.sh("container-rebuild plan /root/host.nix");
        assert_eq!(planned.code, 0, "{planned:#?}");
        assert!(
            planned.err.contains("warning[missing-interface]") && planned.err.contains(message),
            "{planned:#?}"
        );
        let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
        assert_eq!(refused.code, 1, "{refused:#?}");
        assert!(refused.err.contains("error[missing-interface]") && refused.err.contains("br-lab"), "{refused:#?}");
        let after = lab.observe();
        assert!(before.kept(&after, "wasabi"));
        assert_eq!((&before.traces, &before.nix_calls), (&after.traces, &after.nix_calls));
        // What needs no host does not look at one.
        let checked = lab.sh(
            "container-rebuild check /root/host.nix; container-rebuild plan --from /root/host.nix /root/host.nix",
        );
        assert!(!checked.err.contains("missing-interface"), "{checked:#?}");
    }
    lab.write("/root/host.nix", &good);
    for (meddling, named, cost) in [
        ("ip link set vb-wasabi nomaster", "its link to the host has left its bridge", "reload"),
        ("ip link set vb-wasabi down", "its link to the host is down or has lost a route", "reload"),
        ("ip link delete vb-wasabi", "its link to the host is gone", "restart"),
    ] {
        lab.sh(meddling).ok();
        let status = lab.sh("container-rebuild status --json").ok();
        assert!(status.contains(named), "{status}");
        let repaired = lab.switch(&good);
        assert!(repaired.said.err.contains(named), "{repaired:#?}");
        assert_eq!(repaired.cost("wasabi"), cost, "{meddling}");
        assert!(neighbours_page(&lab, "http://192.168.7.11/").contains("wasabi"), "{meddling}");
    }
    no_surroundings(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn links_of_every_kind_are_there_again_after_a_reboot() {
    let lab = Lab::empty();
    surroundings(&lab, BRIDGE, NO_BRIDGE);
    lab.sh("container-rebuild install-boot").ok();
    lab.switch(&host(&[&bridged("wasabi", 11)]));
    for boot in [Lab::reboot, Lab::power_failure] {
        boot(&lab);
        lab.sh("systemctl start container-rebuild.service").ok();
        assert!(neighbours_page(&lab, "http://192.168.7.11/").contains("wasabi"));
        assert!(lab.page("http://127.0.0.1:8080/").contains("wasabi"));
        assert_eq!(lab.plan().1, 0);
    }
    no_surroundings(&lab);
    lab.finish();
}
