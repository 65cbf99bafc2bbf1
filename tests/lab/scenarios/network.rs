//! Interfaces other than the plain pair: what they cost, that both ends exist, and that packets pass.

use crate::support::{Lab, host, web, with};

/// Installs a unit that creates interfaces now and at each boot before containers start. `finish` stops it.
pub(crate) fn surroundings(lab: &Lab, script: &str, back: &str) {
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

/// Removes the unit and its interfaces.
pub(crate) fn no_surroundings(lab: &Lab) {
    lab.sh(
        "systemctl disable --quiet --now scenario-links.service; rm /etc/systemd/system/scenario-links.service \
         /usr/local/lib/lab/scenario-links*; systemctl daemon-reload",
    )
    .ok();
}

/// A bridge with an address of the host, and a machine on it in its own namespace.
pub(crate) const BRIDGE: &str = "ip link add br-lab type bridge stp_state 0 forward_delay 0
ip address add 192.168.7.1/24 dev br-lab
ip link set br-lab up
ip netns add neighbour
ip link add port-lab type veth peer name eth0 netns neighbour
ip link set port-lab master br-lab up
ip -n neighbour address add 192.168.7.77/24 dev eth0
ip -n neighbour link set eth0 up";
pub(crate) const NO_BRIDGE: &str =
    "ip netns delete neighbour; ip link delete br-lab; ip link delete br-other; true";

/// `web` on the bridge of [`BRIDGE`], with a forwarded port.
fn bridged(name: &str, last: u8) -> String {
    let host = last + 100;
    let addresses = format!("hostAddress = \"192.168.100.{host}\"; localAddress = \"192.168.100.{last}\"; config");
    let on_bridge = format!(
        "hostBridge = \"br-lab\"; hostAddress = \"192.168.7.1\"; localAddress = \"192.168.7.{last}/24\"; \
         forwardPorts = [ {{ hostPort = 8080; containerPort = 80; }} ]; config"
    );
    with(&web(name, last), &addresses, &on_bridge)
}

/// Fetches a page from another machine on the bridge.
pub(crate) fn neighbours_page(lab: &Lab, url: &str) -> String {
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
    // From the host, from a neighbour on the bridge, and from everywhere through the forward.
    assert!(lab.page("http://192.168.7.11/").contains("wasabi"));
    assert!(neighbours_page(&lab, "http://192.168.7.11/").contains("wasabi"));
    assert!(neighbours_page(&lab, "http://192.168.7.1:8080/").contains("wasabi"));
    assert!(lab.lan_page("http://10.77.0.2:8080/").contains("wasabi"));
    assert!(lab.page("http://127.0.0.1:8080/").contains("wasabi"));
    lab.sh("container-rebuild run wasabi -- ping -c 1 -W 5 192.168.7.77 >/dev/null").ok();
    // A restart keeps the address that systemd-nspawn derives, so that a DHCP lease stays with its guest.
    let first = hardware(&lab, "eth0");
    lab.sh("container-rebuild restart wasabi").ok();
    assert_eq!(hardware(&lab, "eth0"), first);

    // On a bridge, `hostAddress` is only the guest's gateway.
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
        ("eth0", "`wasabi`: the bridge `eth0` is not a bridge"),
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
        // Commands that need no host do not look at one.
        let checked = lab.sh(
            "container-rebuild check /root/host.nix; container-rebuild plan --from /root/host.nix /root/host.nix",
        );
        assert!(!checked.err.contains("missing-interface"), "{checked:#?}");
    }
    lab.write("/root/host.nix", &good);
    for (meddling, named, cost) in [
        ("ip link set vb-wasabi nomaster", "its interface on the host has left its bridge", "reload"),
        ("ip link set vb-wasabi down", "its interface on the host is down or has lost a route", "reload"),
        ("ip link delete vb-wasabi", "its interface on the host is gone", "restart"),
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

/// Kills all processes of a container, and waits until systemd has started it again.
#[track_caller]
pub(crate) fn killed(lab: &Lab, name: &str) {
    let before = lab.observe();
    lab.sh(&format!(
        "systemctl kill --signal=KILL container@{name}
         for _ in $(seq 300); do
             sleep 0.1
             [[ $(systemctl show --property=NRestarts --value container@{name}) != 0 ]] || continue
             [[ $(systemctl is-active container@{name}) != active ]] || exit 0
         done
         exit 1"
    ))
    .ok();
    assert!(!before.kept(&lab.observe(), name));
}

/// The hardware address of an interface in `wasabi`.
#[track_caller]
fn hardware(lab: &Lab, link: &str) -> String {
    let shown = run(lab, "wasabi", &format!("ip -brief link show {link}"));
    shown.split_whitespace().nth(2).expect("an address").to_owned()
}

/// Runs a command in a guest.
#[track_caller]
fn run(lab: &Lab, name: &str, command: &str) -> String {
    lab.sh(&format!("container-rebuild run {name} -- sh -ec '{command}'")).ok()
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn extra_veths_come_and_go_by_a_restart_with_what_is_on_them() {
    let lab = Lab::empty();
    surroundings(&lab, BRIDGE, NO_BRIDGE);
    let (plain, other) = (web("wasabi", 11), web("sambal", 12));
    lab.switch(&host(&[&other, &plain]));
    let veths = "extraVeths = { side1 = { hostBridge = \"br-lab\"; localAddress = \"192.168.7.11/24\"; localMacAddress = \"02:00:00:00:07:11\"; }; \
                 side2 = { hostAddress = \"192.168.2.1\"; localAddress = \"192.168.2.100\"; hostAddress6 = \"fd02::1\"; localAddress6 = \"fd02::100\"; }; \
                 side3 = { }; }; config";
    let extra = with(&plain, "config", veths);
    let added = lab.switch(&host(&[&other, &extra]));
    assert_eq!(added.changed(), ["wasabi"].into());
    assert_eq!((added.cost("wasabi"), added.reasons("wasabi")[0]), ("restart", "extraVeths.side1"));
    assert!(added.before.kept(&added.after, "sambal"));
    assert!(lab.sh("ip -brief link show master br-lab").ok().contains("side1@"));
    assert!(lab.sh("ip -brief address show side2").ok().contains("192.168.2.1/32"));
    assert_eq!(hardware(&lab, "side1"), "02:00:00:00:07:11");
    for side in ["side1", "side2", "side3"] {
        assert!(lab.sh(&format!("ip -brief link show {side}")).ok().contains(" UP "), "{side}");
        assert!(run(&lab, "wasabi", &format!("ip -brief link show {side}")).contains(" UP "), "{side}");
    }
    assert!(neighbours_page(&lab, "http://192.168.7.11/").contains("wasabi"));
    assert!(lab.page("http://192.168.2.100/").contains("wasabi"));
    run(&lab, "wasabi", "ping -c 1 -W 5 192.168.2.1 && ping -c 1 -W 5 fd02::1 && ping -c 1 -W 5 192.168.7.77");
    let route = run(&lab, "wasabi", "ip route show default");
    assert!(route.contains("dev eth0") && route.lines().count() == 1, "{route}");

    // Only the address of the other pair changes.
    let moved = lab.switch(&host(&[&other, &with(&extra, "192.168.2.1\"", "192.168.2.2\"")]));
    assert_eq!((moved.cost("wasabi"), moved.reasons("wasabi")), ("restart", vec!["extraVeths.side2.hostAddress"]));
    lab.switch(&host(&[&other, &extra]));
    for (meddling, named, cost) in [
        ("ip link set side1 nomaster", "its interface on the host has left its bridge", "reload"),
        (
            "ip route delete 192.168.2.100 dev side2",
            "its interface on the host is down or has lost a route",
            "reload",
        ),
        (
            "ip address add 192.168.2.9/32 dev side2; ip address delete 192.168.2.1/32 dev side2",
            "has another address than was set",
            "reload",
        ),
        ("ip link delete side3", "its interface on the host is gone", "restart"),
    ] {
        lab.sh(meddling).ok();
        let repaired = lab.switch(&host(&[&other, &extra]));
        assert!(repaired.said.err.contains(named), "{meddling}: {repaired:#?}");
        assert_eq!(repaired.cost("wasabi"), cost, "{meddling}");
        assert!(lab.page("http://192.168.2.100/").contains("wasabi"), "{meddling}");
        assert!(neighbours_page(&lab, "http://192.168.7.11/").contains("wasabi"), "{meddling}");
    }
    // A foreign interface is neither taken over nor deleted.
    lab.write("/root/host.nix", &host(&[&other, &with(&extra, "side3", "port-lab")]));
    let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(
        refused.code == 1 && refused.err.contains("the host already has another interface `port-lab`"),
        "{refused:#?}"
    );

    let removed = lab.switch(&host(&[&other, &plain]));
    assert_eq!(removed.cost("wasabi"), "restart");
    assert!(removed.before.kept(&removed.after, "sambal"));
    assert_eq!(lab.sh("ip -brief link | grep -c '^side' || true").ok(), "0\n");
    // Extra veths make the network private even without `privateNetwork`, with nothing else in it.
    let alone = "host = { autoStart = true; extraVeths.side4 = { hostAddress = \"192.168.4.1\"; localAddress = \"192.168.4.2\"; }; \
                 config = { services.httpd.enable = true; }; };";
    lab.switch(&host(&[&other, alone]));
    assert!(lab.page("http://192.168.4.2/").contains("host"));
    assert!(!run(&lab, "host", "ip -brief link").contains("eth0"));
    // A killed container leaves nothing in the way of its next start.
    killed(&lab, "host");
    assert!(lab.page("http://192.168.4.2/").contains("host"));
    no_surroundings(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_guest_gets_a_macvlan_of_an_interface_and_others_on_it_reach_it() {
    let lab = Lab::empty();
    surroundings(&lab, CARDS, NO_CARDS);
    let (plain, other) = (web("wasabi", 11), web("sambal", 12));
    lab.switch(&host(&[&other, &plain]));
    let macvlan = |name: &str, last: u8| with(&web(name, last), "config", "macvlans = [ \"card1\" ]; config");
    let given = lab.switch(&host(&[&other, &macvlan("wasabi", 11), &macvlan("tabasco", 13)]));
    assert_eq!((given.cost("wasabi"), given.reasons("wasabi")), ("restart", vec!["macvlans"]));
    assert!(given.before.kept(&given.after, "sambal"));
    assert!(lab.sh("cat /etc/nixos-containers/wasabi.conf").ok().contains("MACVLANS=\"card1\"\n"));
    // The guest configures the interface itself.
    for (name, last) in [("wasabi", 11), ("tabasco", 13)] {
        run(&lab, name, &format!("ip address add 192.168.8.{last}/24 dev mv-card1 && ip link set mv-card1 up"));
    }
    run(&lab, "wasabi", "ping -c 1 -W 5 192.168.8.13 && ping -c 1 -W 5 192.168.8.77");
    let page = lab.sh("ip netns exec lan1 curl --silent --show-error --max-time 10 http://192.168.8.11/").ok();
    assert!(page.contains("wasabi"), "{page}");
    missing_interface(&lab, &host(&[&other, &with(&macvlan("wasabi", 11), "card1", "card9")]), "card9");
    // Under another name it is still the same.
    let all = host(&[&other, &macvlan("wasabi", 11), &macvlan("tabasco", 13)]);
    lab.write("/root/host.nix", &all);
    run(&lab, "wasabi", "ip link set mv-card1 down && ip link set mv-card1 name lan0");
    assert_eq!(lab.plan().1, 0);
    run(&lab, "wasabi", "ip link delete lan0");
    let mended = lab.switch(&all);
    assert!(
        mended.said.err.contains("`wasabi`: its guest has lost an interface of the host or a macvlan"),
        "{mended:#?}"
    );
    assert_eq!((mended.changed(), mended.cost("wasabi")), (["wasabi"].into(), "restart"));
    run(&lab, "wasabi", "ip link show mv-card1");
    let removed = lab.switch(&host(&[&other, &plain]));
    assert_eq!((removed.cost("wasabi"), removed.cost("tabasco")), ("restart", "stop"));
    assert!(!run(&lab, "wasabi", "ip -brief link").contains("mv-"));
    no_surroundings(&lab);
    lab.finish();
}

/// Two cards of the host, both connected to another machine.
pub(crate) const CARDS: &str = "ip netns add lan1
for n in 1 2; do
    ip link add card$n type veth peer name far$n netns lan1
    ip link set card$n up
    ip -n lan1 link set far$n up
done
ip -n lan1 address add 192.168.8.77/24 dev far1
ip -n lan1 address add 192.168.9.77/24 dev far2";
pub(crate) const NO_CARDS: &str = "ip netns delete lan1; ip link delete card1; ip link delete card2; true";

/// Checks that a missing interface fails a switch before anything changes, and that a plan reports it.
#[track_caller]
fn missing_interface(lab: &Lab, configuration: &str, interface: &str) {
    lab.write("/root/host.nix", configuration);
    let message = format!("the interface `{interface}` does not exist on this host");
    let before = lab.observe();
    let planned = lab.sh("container-rebuild plan /root/host.nix");
    assert!(planned.code == 0 && planned.err.contains(&message), "{planned:#?}");
    let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(refused.code == 1 && refused.err.contains(&message), "{refused:#?}");
    assert_eq!(before.traces, lab.observe().traces);
    let checked = lab.sh("container-rebuild check /root/host.nix");
    assert!(!checked.err.contains(&message), "{checked:#?}");
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn an_interface_is_a_guests_while_it_runs_and_the_hosts_again_after_that() {
    let lab = Lab::empty();
    surroundings(&lab, CARDS, NO_CARDS);
    let (plain, other) = (web("wasabi", 11), web("sambal", 12));
    lab.switch(&host(&[&other, &plain]));
    let with_card = |name: &str, last: u8| with(&web(name, last), "config", "interfaces = [ \"card2\" ]; config");
    let given = lab.switch(&host(&[&other, &with_card("wasabi", 11)]));
    assert_eq!((given.cost("wasabi"), given.reasons("wasabi")), ("restart", vec!["interfaces"]));
    assert!(given.before.kept(&given.after, "sambal"));
    let on_host = || lab.sh("ip -brief link | grep -c '^card2' || true").ok() == "1\n";
    assert!(!on_host());
    let take_up = |name: &str| {
        run(
            &lab,
            name,
            "ip address add 192.168.9.2/24 dev card2 && ip link set card2 up && ping -c 1 -W 5 192.168.9.77",
        );
    };
    take_up("wasabi");
    let page = lab.sh("ip netns exec lan1 curl --silent --show-error --max-time 10 http://192.168.9.2/").ok();
    assert!(page.contains("wasabi"), "{page}");
    // The guest may make it a member of a bridge.
    run(
        &lab,
        "wasabi",
        "ip address flush dev card2 && ip link add br0 type bridge forward_delay 0 && ip link set card2 master br0 && \
         ip link set br0 up && ip address add 192.168.9.2/24 dev br0 && ping -c 1 -W 5 192.168.9.77",
    );
    let page = lab.sh("ip netns exec lan1 curl --silent --show-error --max-time 10 http://192.168.9.2/").ok();
    assert!(page.contains("wasabi"), "{page}");
    assert_eq!(lab.plan().1, 0, "nothing is lost");
    // The guest gets the interface again after a restart and after a crash.
    lab.sh("container-rebuild restart wasabi").ok();
    take_up("wasabi");
    killed(&lab, "wasabi");
    take_up("wasabi");
    // The card is pulled out, and plugged in again.
    let configuration = host(&[&other, &with_card("wasabi", 11)]);
    run(&lab, "wasabi", "ip link delete card2");
    let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(
        refused.code == 1 && refused.err.contains("the interface `card2` does not exist on this host"),
        "{refused:#?}"
    );
    lab.sh(
        "ip link add card2 type veth peer name far2 netns lan1; ip link set card2 up; ip -n lan1 link set far2 up; \
            ip -n lan1 address add 192.168.9.77/24 dev far2",
    )
    .ok();
    let mended = lab.switch(&configuration);
    assert!(
        mended.said.err.contains("`wasabi`: its guest has lost an interface of the host or a macvlan"),
        "{mended:#?}"
    );
    assert_eq!(mended.cost("wasabi"), "restart");
    take_up("wasabi");
    // One run moves the interface to another container.
    let passed = lab.switch(&host(&[&with_card("sambal", 12), &plain]));
    assert_eq!((passed.cost("sambal"), passed.cost("wasabi")), ("restart", "restart"));
    take_up("sambal");
    missing_interface(&lab, &host(&[&with(&with_card("sambal", 12), "card2", "card9"), &plain]), "card9");
    lab.sh("container-rebuild stop sambal").ok();
    assert!(on_host(), "it comes back when its guest stops");
    lab.switch(&host(&[&with_card("sambal", 12), &plain]));
    assert!(!on_host());
    lab.switch(&host(&[&other, &plain]));
    assert!(on_host());
    no_surroundings(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_hardware_address_is_given_by_a_restart() {
    let lab = Lab::empty();
    let (plain, other) = (web("wasabi", 11), web("sambal", 12));
    lab.switch(&host(&[&other, &plain]));
    let (given, own) = ("02:00:00:00:00:Ab", hardware(&lab, "eth0"));
    let addressed = with(&plain, "config", &format!("localMacAddress = \"{given}\"; config"));
    let changed = lab.switch(&host(&[&other, &addressed]));
    assert_eq!((changed.cost("wasabi"), changed.reasons("wasabi")), ("restart", vec!["localMacAddress"]));
    assert!(changed.before.kept(&changed.after, "sambal"));
    assert_eq!(hardware(&lab, "eth0"), "02:00:00:00:00:ab");
    assert!(lab.sh("cat /etc/nixos-containers/wasabi.conf").ok().contains("LOCAL_MAC_ADDRESS=02:00:00:00:00:ab\n"));
    assert!(lab.page("http://192.168.100.11/").contains("wasabi"));
    assert_eq!(lab.switch(&host(&[&other, &plain])).cost("wasabi"), "restart");
    assert_eq!(hardware(&lab, "eth0"), own);
    lab.finish();
}

/// A foreign namespace with a link to the host.
const NAMESPACE: &str = "ip netns add vpn
ip link add to-vpn type veth peer name vpn0 netns vpn
ip address add 192.168.6.1/24 dev to-vpn
ip link set to-vpn up
ip -n vpn address add 192.168.6.2/24 dev vpn0
ip -n vpn link set lo up
ip -n vpn link set vpn0 up";
const NO_NAMESPACE: &str = "ip netns delete vpn; ip link delete to-vpn; true";

/// `web`, in the namespace of [`NAMESPACE`].
fn joined(name: &str) -> String {
    let addresses = "privateNetwork = true; hostAddress = \"192.168.100.111\"; localAddress = \"192.168.100.11\";";
    with(&web(name, 11), addresses, "networkNamespace = \"/run/netns/vpn\";")
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn a_container_joins_a_namespace_that_is_there_and_leaves_it_by_a_restart() {
    let lab = Lab::empty();
    surroundings(&lab, NAMESPACE, NO_NAMESPACE);
    let (plain, other) = (web("wasabi", 11), web("sambal", 12));
    lab.switch(&host(&[&other, &plain]));
    let joined = joined("wasabi");
    let moved = lab.switch(&host(&[&other, &joined]));
    assert_eq!(moved.cost("wasabi"), "restart");
    assert!(moved.reasons("wasabi").contains(&"networkNamespace"), "{:#}", moved.plan);
    assert!(moved.before.kept(&moved.after, "sambal"));
    assert!(lab.page("http://192.168.6.2/").contains("wasabi"));
    assert!(run(&lab, "wasabi", "ip -brief link").contains("vpn0@"));
    assert!(
        lab.sh("cat /etc/nixos-containers/wasabi.conf").ok().contains("NETWORK_NAMESPACE_PATH=/run/netns/vpn\n")
    );
    assert_eq!(lab.sh("ip link show ve-wasabi 2>/dev/null").code, 1);
    // The namespace is not the container's to delete.
    lab.sh("container-rebuild restart wasabi").ok();
    assert!(lab.page("http://192.168.6.2/").contains("wasabi"));

    lab.write("/root/host.nix", &host(&[&other, &with(&joined, "netns/vpn", "netns/none")]));
    let message = "the network namespace /run/netns/none does not exist";
    let planned = lab.sh("container-rebuild plan /root/host.nix");
    assert!(planned.code == 0 && planned.err.contains(message), "{planned:#?}");
    let before = lab.observe();
    let refused = lab.sh("container-rebuild switch --yes /root/host.nix");
    assert!(refused.code == 1 && refused.err.contains(message), "{refused:#?}");
    assert!(before.kept(&lab.observe(), "wasabi"));
    let both = with(&joined, "networkNamespace", "privateNetwork = true; networkNamespace");
    lab.write("/root/host.nix", &host(&[&other, &both]));
    let refused = lab.sh("container-rebuild check /root/host.nix");
    assert!(refused.code == 1 && refused.err.contains("exclude each other"), "{refused:#?}");

    let back = lab.switch(&host(&[&other, &plain]));
    assert_eq!(back.cost("wasabi"), "restart");
    lab.sh("ip -n vpn link show vpn0").ok();
    assert!(lab.page("http://192.168.100.11/").contains("wasabi"));
    no_surroundings(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn devices_are_let_through_by_a_restart() {
    let lab = Lab::empty();
    let (plain, other) = (web("wasabi", 11), web("sambal", 12));
    lab.switch(&host(&[&other, &plain]));
    let works =
        |command: &str| lab.sh(&format!("container-rebuild run wasabi -- sh -c '{command}' 2>&1")).code == 0;
    let node = "[ -c /dev/net/tun ] || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200; }";
    let (reads, writes) = (format!("{node}; : </dev/net/tun"), format!("{node}; : >/dev/net/tun"));
    let makes = "ip tuntap add mode tun name tun9 && ip link show tun9";
    assert!(!works(&reads) && !works(&writes) && !works(makes));

    let readable = "allowedDevices = [ { node = \"/dev/net/tun\"; modifier = \"rm\"; } ]; config";
    let allowed = lab.switch(&host(&[&other, &with(&plain, "config", readable)]));
    assert_eq!(
        (allowed.cost("wasabi"), allowed.reasons("wasabi")),
        ("restart", vec!["allowedDevices.\"/dev/net/tun\""])
    );
    assert!(allowed.before.kept(&allowed.after, "sambal"));
    assert!(works(&reads) && !works(&writes), "to be read, and not to be written");
    let tun = lab.switch(&host(&[&other, &with(&plain, "config", "enableTun = true; config")]));
    assert_eq!(tun.cost("wasabi"), "restart");
    assert!(works(makes));
    assert_eq!(lab.switch(&host(&[&other, &plain])).reasons("wasabi"), ["enableTun"]);
    assert!(!works(makes));
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn the_hosts_resolv_conf_is_copied_or_not_by_a_restart() {
    let lab = Lab::empty();
    let (plain, other) = (web("wasabi", 11), web("sambal", 12));
    lab.sh("cp -a /etc/resolv.conf /root/resolv.conf && echo \"# of the host\" >>/etc/resolv.conf").ok();
    lab.switch(&host(&[&other, &plain]));
    let copied =
        || lab.sh("container-rebuild run wasabi -- grep -q of.the.host /etc/resolv.conf 2>/dev/null").code == 0;
    assert!(copied());
    let without = lab.switch(&host(&[&other, &with(&plain, "config", "copyResolvConf = false; config")]));
    assert_eq!((without.cost("wasabi"), without.reasons("wasabi")), ("restart", vec!["copyResolvConf"]));
    assert!(without.before.kept(&without.after, "sambal"));
    assert!(!copied());
    assert!(lab.sh("cat /etc/nixos-containers/wasabi.conf").ok().contains("COPY_RESOLV_CONF=0\n"));
    lab.switch(&host(&[&other, &plain]));
    assert!(copied());
    lab.sh("cp -a /root/resolv.conf /etc/resolv.conf").ok();
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn links_of_every_kind_are_there_again_after_a_reboot() {
    let lab = Lab::empty();
    let (make, take) =
        (format!("{BRIDGE}\n{CARDS}\n{NAMESPACE}"), format!("{NO_BRIDGE}\n{NO_CARDS}\n{NO_NAMESPACE}"));
    surroundings(&lab, &make, &take);
    lab.sh("container-rebuild install-boot").ok();
    let links = "extraVeths.side2 = { hostAddress = \"192.168.2.1\"; localAddress = \"192.168.2.100\"; }; \
                 macvlans = [ \"card1\" ]; interfaces = [ \"card2\" ]; localMacAddress = \"02:00:00:00:00:0b\"; config";
    lab.switch(&host(&[&with(&bridged("wasabi", 11), "config", links), &joined("tabasco")]));
    for boot in [Lab::reboot, Lab::power_failure] {
        boot(&lab);
        lab.sh("systemctl is-active container-rebuild.service").ok();
        assert!(neighbours_page(&lab, "http://192.168.7.11/").contains("wasabi"));
        assert!(lab.page("http://192.168.2.100/").contains("wasabi"));
        assert!(lab.page("http://192.168.6.2/").contains("tabasco"));
        assert!(lab.page("http://127.0.0.1:8080/").contains("wasabi"));
        let links = run(&lab, "wasabi", "ip -brief link");
        assert!(links.contains("mv-card1@") && links.contains("card2@"), "{links}");
        assert!(links.contains("02:00:00:00:00:0b"), "{links}");
        assert_eq!(lab.plan().1, 0);
    }
    no_surroundings(&lab);
    lab.finish();
}

#[test]
#[ignore = "needs a lab: make scenarios"]
fn names_that_are_too_long_for_an_interface_are_shortened_as_nixos_does_and_stay_as_altnames() {
    let lab = Lab::empty();
    let names = ["first", "really-long-name", "really-long-long-name-2"];
    let containers = names.into_iter().zip(11..).map(|(name, last)| {
        let port = 8000 + u16::from(last);
        let forward = format!("forwardPorts = [ {{ hostPort = {port}; containerPort = 80; }} ]; config =");
        with(&web(name, last), "config =", &forward)
    });
    let containers: Vec<_> = containers.collect();
    lab.switch(&host(&containers.iter().map(String::as_str).collect::<Vec<_>>()));
    // As NixOS's own test of names has them.
    for (name, interface) in names.into_iter().zip(["ve-first", "ve-really-l3QgY", "ve-really-lFYWO"]) {
        let found = lab.sh(&format!("ip -brief link show dev ve-{name} | sed 's/[@ ].*//'")).ok();
        assert_eq!(found.trim(), interface);
    }
    for (name, last) in names.into_iter().zip(11..) {
        let here = lab.page(&format!("http://192.168.100.{last}/"));
        let page = lab.lan_page(&format!("http://10.77.0.2:{}/", 8000 + last));
        assert!(here.contains(name) && page.contains(name), "{name}: {here} {page}");
    }
    lab.finish();
}
