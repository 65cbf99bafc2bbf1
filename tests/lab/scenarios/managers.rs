//! Beside programs of the host that configure network interfaces.

use crate::network::{BRIDGE, NO_BRIDGE, no_surroundings, surroundings};
use crate::support::{Lab, host, web, with};

const FILES: &str = "/run/systemd/network/*container-rebuild* /run/NetworkManager/conf.d/*container-rebuild*";

/// A container with an address, on a bridge too, and with an interface that gets neither.
fn wasabi() -> String {
    let more = "extraVeths = { side1 = { }; side2 = { hostBridge = \"br-lab\"; localAddress = \"192.168.7.11/24\"; }; }; \
                forwardPorts = [ { hostPort = 8080; containerPort = 80; } ]; config =";
    with(&web("wasabi", 11), "config =", more)
}

/// Waits until networkd has decided about the interfaces of `wasabi`; returns what it says about each.
#[track_caller]
fn networkds(lab: &Lab) -> String {
    let list = "networkctl --no-legend list | awk '/ (ve-wasabi|side1|side2) / { print $2, $NF }' | sort";
    lab.sh(&format!(
        "for i in {{1..300}}; do list=$({list}); grep -Eq 'pending|initialized|configuring' <<<\"$list\" || break; sleep 0.1; done; \
         echo \"$list\""
    ))
    .ok()
}

/// The addresses and routes of the host's ends.
fn network(lab: &Lab) -> String {
    let ends = "for end in ve-wasabi side1 side2; do ip -oneline address show $end | sed '/fe80/d; s/^[0-9]*: //'; ip route show dev $end; \
                ip -brief link show $end | sed 's/@.*//'; done; ip -brief link show master br-lab | sed 's/@.*//'";
    lab.sh(ends).ok()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn networkd_leaves_the_interfaces_of_containers_as_they_are() {
    let lab = Lab::empty();
    surroundings(&lab, BRIDGE, NO_BRIDGE);
    lab.sh("systemctl enable --quiet --now systemd-networkd && container-rebuild install-boot").ok();
    let configuration = host(&[&wasabi(), &web("sambal", 12)]);
    lab.switch(&configuration);
    const UNMANAGED: &str = "side1 unmanaged\nside2 unmanaged\nve-wasabi unmanaged\n";
    assert_eq!(networkds(&lab), UNMANAGED);
    let network_before = network(&lab);
    assert!(network_before.contains("192.168.100.11"), "{network_before}");
    let serves = |when: &str| {
        assert_eq!(network(&lab), network_before, "{when}");
        assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"), "{when}");
    };
    let before = lab.observe();
    for disturbance in
        ["networkctl reload", "systemctl restart systemd-networkd", "networkctl reconfigure ve-wasabi side2"]
    {
        lab.sh(disturbance).ok();
        assert_eq!(networkds(&lab), UNMANAGED, "{disturbance}");
        serves(disturbance);
    }
    assert!(before.kept(&lab.observe(), "wasabi"));

    // A start by systemd alone: the files are there, or are written again before there is an interface.
    for disturbance in ["true", "rm FILES; networkctl reload"] {
        lab.sh(&format!("systemctl stop container@wasabi; {}", disturbance.replace("FILES", FILES))).ok();
        lab.sh("systemctl start container@wasabi").ok();
        assert_eq!(networkds(&lab), UNMANAGED, "{disturbance}");
        serves(disturbance);
    }
    lab.reboot();
    assert_eq!(networkds(&lab), UNMANAGED);
    serves("a boot");

    // Without the files, networkd does what its own say: this is what they are for.
    lab.sh(&format!("rm {FILES}; networkctl reload")).ok();
    let managed = networkds(&lab);
    assert!(managed.contains("ve-wasabi configured") || managed.contains("ve-wasabi degraded"), "{managed}");
    assert_ne!(network(&lab), network_before);
    let repaired = lab.switch(&configuration);
    assert!(
        repaired.said.err.contains("00-container-rebuild.network is not as it was written"),
        "{:#?}",
        repaired.said
    );
    assert_eq!(networkds(&lab), UNMANAGED);
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));

    // The administrator decides about an interface that gets nothing from us.
    lab.write("/etc/systemd/network/40-side1.network", "[Match]\nName=side1\n[Network]\nAddress=192.168.44.1/24\n");
    lab.sh("networkctl reload; networkctl reconfigure side1").ok();
    assert!(networkds(&lab).contains("side1 configured"), "{}", networkds(&lab));
    assert!(network(&lab).contains("192.168.44.1/24"));
    assert_eq!(lab.plan().1, 0);
    lab.sh("rm /etc/systemd/network/40-side1.network").ok();

    // The files go with the last interface.
    lab.switch(&host(&[&web("sambal", 12)]));
    let files = lab.sh(&format!("grep -h -e Name= -e match-device= {FILES}")).ok();
    assert_eq!(files, "Name=ve-sambal\nmatch-device=interface-name:=ve-sambal\n");
    // networkd turned that on for its masquerading, and leaves it.
    lab.sh("systemctl disable --quiet --now systemd-networkd; sysctl --quiet net.ipv6.conf.all.forwarding=0").ok();
    no_surroundings(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_dhcpcd_that_would_act_on_containers_is_named_with_what_helps() {
    let lab = Lab::empty();
    lab.switch(&host(&[
        &wasabi().replace("side2 = { hostBridge = \"br-lab\"; localAddress = \"192.168.7.11/24\"; };", "")
    ]));
    let plan = || lab.sh("container-rebuild plan /root/host.nix").err;
    assert_eq!(plan(), "");
    // A process of that name is all that is needed of it.
    lab.sh("cp /usr/bin/sleep /run/dhcpcd && systemd-run --quiet --unit scenario-dhcpcd /run/dhcpcd infinity && \
            systemctl show --property MainPID --value scenario-dhcpcd >/run/dhcpcd.pid && \
            for i in {1..100}; do grep -q dhcpcd /proc/$(</run/dhcpcd.pid)/comm && break; sleep 0.1; done")
        .ok();
    let said = plan();
    assert!(said.contains("warning[interface-managed]: dhcpcd runs on this host"), "{said}");
    assert!(said.contains("`side1`") && said.contains("`ve-wasabi`"), "{said}");
    assert!(said.contains("add `denyinterfaces side1 ve-*` to /etc/dhcpcd.conf"), "{said}");
    lab.write("/etc/dhcpcd.conf", "denyinterfaces side1 ve-*\n");
    assert_eq!(plan(), "");
    lab.sh("systemctl stop scenario-dhcpcd; rm /run/dhcpcd /run/dhcpcd.pid /etc/dhcpcd.conf").ok();
    lab.finish();
}
