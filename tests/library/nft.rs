//! Checks the rules with the real `nft` and the kernel, in a network namespace per command.
//!
//! These tests need `nft` and the right to create a namespace (root, or user namespaces). Without them they say that they are
//! not run; in continuous integration they fail, because a skipped proof looks like a proof.

use std::io::Write;
use std::process::{Command, Stdio};

use container_rebuild::model::ContainerName;
use container_rebuild::model::spec::{
    ContainerSpec, Forward, HostSpec, NatForward, NatSpec, Network, OwnForward, Ports, Private, Protocol, Users,
    Veth,
};
use container_rebuild::render::nft::{Before, Counters, RuleLine, Ruleset};
use serde_json::Value;

use crate::namespaces;

/// Whether these tests can be run. If not, says so.
fn can_run() -> bool {
    namespaces::has_nft() && namespaces::are_possible()
}

/// Runs `script` in a new network namespace with `inputs` as the files `$1`, `$2` …, and returns its standard output.
fn in_namespace(script: &str, inputs: &[&str]) -> String {
    let files: Vec<_> = inputs
        .iter()
        .map(|input| {
            let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
            file.write_all(input.as_bytes()).expect("written");
            file
        })
        .collect();
    let output = Command::new("timeout")
        .args(["60", "unshare", "--net", "--map-root-user", "sh", "-euc", script, "sh"])
        .args(files.iter().map(|file| file.path()))
        .env("PATH", namespaces::path())
        .stdin(Stdio::null())
        .output()
        .expect("timeout(1), unshare(1) and sh(1) can be run");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "needs `nft` and network namespaces, and the rules to load:\n{stderr}");
    String::from_utf8(output.stdout).expect("nft prints UTF-8")
}

fn listed_after(script: &str, inputs: &[&str]) -> Value {
    let out = in_namespace(&format!("{script}; nft -j list table inet container-rebuild"), inputs);
    serde_json::from_str(&out).expect("nft prints JSON")
}

fn container(name: &str, last: u8, v6: bool, forwards: &[(Protocol, u16, u16)]) -> ContainerSpec {
    ContainerSpec {
        name: ContainerName::new(name).expect("a good name"),
        system: "/nix/store/x".into(),
        auto_start: true,
        ephemeral: false,
        users: Users::Shared,
        network: Network::Private(Private {
            veth: Some(Veth {
                host4: Some([192, 168, 100, 10].into()),
                local4: Some([192, 168, 100, last].into()),
                host6: v6.then(|| "fd00::10".parse().expect("an address")),
                local6: v6.then(|| format!("fd00::{last}").parse().expect("an address")),
                ..Veth::default()
            }),
            forwards: forwards
                .iter()
                .map(|&(protocol, host_port, container_port)| Forward { protocol, host_port, container_port })
                .collect(),
            ..Private::default()
        }),
        binds: vec![],
        tmpfs: vec![],
        additional_capabilities: vec![],
        drop_capabilities: vec![],
        devices: vec![],
        new_sources: vec![],
        tun: false,
        copy_resolv_conf: true,
        extra_flags: vec![],
        timeout_start: "1min".into(),
        health: Default::default(),
        credentials: Vec::new(),
        unit: Default::default(),
    }
}

fn nat(internal: &[&str], external: Option<&str>) -> NatSpec {
    NatSpec {
        enable: true,
        internal_interfaces: internal.iter().map(|&name| name.to_owned()).collect(),
        external_interface: external.map(str::to_owned),
        ..NatSpec::default()
    }
}

fn networks() -> NatSpec {
    let prefixes = ["10.0.0.0/25", "10.0.0.128/25", "10.1.2.3", "fd00::/64", "fd01::1"];
    let internal = prefixes.map(|text| text.parse().expect("a network")).to_vec();
    NatSpec { internal, ipv6: true, ..nat(&[], None) }
}

fn source_addresses() -> NatSpec {
    let external6 = Some("2001:db8::9".parse().expect("an address"));
    NatSpec { external4: Some([203, 0, 113, 9].into()), external6, ipv6: true, ..nat(&["ve-*"], Some("eth0")) }
}

/// A forward of `networking.nat` from ports to ports.
fn leads(protocol: Protocol, ports: (u16, u16), address: &str, to: (u16, u16), loopback: &[&str]) -> NatForward {
    let ports_of = |(first, last)| Ports { first, last };
    NatForward {
        protocol,
        ports: ports_of(ports),
        address: address.parse().expect("an address"),
        to: ports_of(to),
        loopback: loopback.iter().map(|text| text.parse().expect("an address")).collect(),
    }
}

/// Every option at once, with ranges and single ports of both families.
fn all_of_nat() -> NatSpec {
    use Protocol::{Tcp, Udp};
    NatSpec {
        forwards: vec![
            leads(Tcp, (80, 80), "10.1.0.2", (8080, 8080), &["203.0.113.9", "127.0.0.1"]),
            leads(Tcp, (81, 81), "192.168.100.11", (8080, 8080), &["127.0.0.1"]),
            leads(Tcp, (443, 443), "10.1.0.2", (443, 443), &[]),
            leads(Tcp, (5000, 5010), "10.1.0.2", (5000, 5010), &["203.0.113.9"]),
            leads(Udp, (6000, 6003), "10.1.0.3", (7000, 7003), &["203.0.113.9"]),
            leads(Udp, (6004, 6007), "10.1.0.3", (7002, 7005), &["203.0.113.9"]),
            leads(Udp, (6010, 6012), "10.1.0.3", (53, 53), &[]),
            leads(Tcp, (80, 80), "fd01::2", (8080, 8080), &["2001:db8::9"]),
            leads(Udp, (5000, 5010), "fd01::2", (5000, 5010), &["2001:db8::9"]),
        ],
        dmz: Some([10, 1, 0, 9].into()),
        internal: networks().internal,
        ..NatSpec { internal_interfaces: vec!["ve-*".into(), "br0".into(), "br1".into()], ..source_addresses() }
    }
}

/// A forward of ours, by its ports and those of the guest.
fn own(protocol: Protocol, ports: (u16, u16), to: (u16, u16)) -> OwnForward {
    let [ports, to] = [ports, to].map(|(first, last)| Ports { first, last });
    OwnForward { protocol, ports, to, at: None, interface: None, sources: vec![], hairpin: true }
}

/// Two containers with forwards of every kind of condition, some of which share ports of the host.
fn own_forwards() -> HostSpec {
    use Protocol::{Sctp, Tcp, Udp};
    let address = |text: &str| text.parse().ok();
    let networks = |all: &[&str]| all.iter().map(|text| text.parse().expect("a network")).collect::<Vec<_>>();
    let eth0 = || Some("eth0".to_owned());
    let one = vec![
        own(Tcp, (80, 80), (8080, 8080)),
        own(Sctp, (80, 80), (80, 80)),
        own(Udp, (5000, 5010), (5000, 5010)),
        OwnForward { at: address("203.0.113.1"), ..own(Tcp, (80, 80), (81, 81)) },
        OwnForward { at: address("2001:db8::1"), ..own(Tcp, (80, 90), (80, 90)) },
        OwnForward { interface: eth0(), ..own(Tcp, (80, 82), (90, 92)) },
        OwnForward { hairpin: false, ..own(Tcp, (80, 80), (83, 83)) },
        OwnForward { sources: networks(&["10.0.0.0/8", "172.16.0.1", "fd00::/8"]), ..own(Tcp, (80, 80), (84, 84)) },
        OwnForward { sources: networks(&["10.0.0.0/8"]), ..own(Tcp, (85, 99), (85, 99)) },
    ];
    let two = vec![
        OwnForward {
            at: address("203.0.113.1"),
            interface: eth0(),
            sources: networks(&["192.0.2.0/24"]),
            hairpin: false,
            ..own(Tcp, (80, 80), (80, 80))
        },
        OwnForward { interface: Some("we-ird.1".to_owned()), ..own(Udp, (5005, 5005), (5005, 5005)) },
        // The keys of these have no room for the interface.
        OwnForward {
            at: address("2001:db8::1"),
            interface: Some("we+i_rd.1".to_owned()),
            sources: networks(&["fd00::/8", "2001:db8:1::/48"]),
            ..own(Tcp, (5005, 5005), (5006, 5006))
        },
        OwnForward {
            at: address("2001:db8::1"),
            interface: eth0(),
            sources: networks(&["fd00::/8"]),
            ..own(Udp, (5005, 5009), (5005, 5009))
        },
    ];
    let mut spec = HostSpec {
        containers: vec![container("one", 11, true, &[(Tcp, 22, 22)]), container("two", 12, true, &[])],
        nat: all_of_nat(),
    };
    for (container, forwards) in spec.containers.iter_mut().zip([one, two]) {
        if let Network::Private(Private { own_forwards, .. }) = &mut container.network {
            *own_forwards = forwards;
        }
    }
    spec
}

fn full() -> HostSpec {
    use Protocol::{Tcp, Udp};
    HostSpec {
        containers: vec![
            container("a-really-long-name", 12, false, &[(Udp, 53, 53), (Tcp, 443, 8443)]),
            container("wasabi", 11, true, &[(Tcp, 8080, 80), (Tcp, 22, 22)]),
        ],
        nat: nat(&["ve-*", "ve-wasabi", "br0"], Some("eth0")),
    }
}

/// Rulesets of every shape.
fn shapes() -> Vec<(&'static str, HostSpec)> {
    use Protocol::Tcp;
    let only = |containers: Vec<ContainerSpec>| HostSpec { containers, nat: NatSpec::default() };
    let mut six = container("six", 11, true, &[(Tcp, 80, 80)]);
    if let Network::Private(Private { veth: Some(veth), .. }) = &mut six.network {
        veth.local4 = None;
    }
    vec![
        ("everything", full()),
        ("forwards, IPv4", only(vec![container("a", 11, false, &[(Tcp, 80, 80)])])),
        ("forwards, both", only(vec![container("a", 11, true, &[(Tcp, 80, 80)])])),
        ("forwards, IPv6", only(vec![six])),
        ("NAT to everywhere", HostSpec { containers: vec![], nat: nat(&["ve-*"], None) }),
        (
            "NAT of both families",
            HostSpec { containers: vec![], nat: NatSpec { ipv6: true, ..nat(&["ve-*"], Some("eth0")) } },
        ),
        ("NAT of networks", HostSpec { containers: vec![], nat: networks() }),
        ("NAT to one address", HostSpec { containers: vec![], nat: source_addresses() }),
        ("all of NAT", HostSpec { containers: full().containers, nat: all_of_nat() }),
        ("forwards under conditions", own_forwards()),
        ("NAT to one", HostSpec { containers: vec![], nat: nat(&["ve-a"], Some("wl*")) }),
    ]
}

#[test]
fn what_was_loaded_is_no_difference_from_text_or_json_once_or_twice() {
    if !can_run() {
        return;
    }
    for (what, spec) in shapes() {
        let rules = Ruleset::new(&spec);
        let (text, json) = (rules.text(), rules.json().to_string());
        for script in ["nft -f \"$1\"", "nft -j -f \"$2\"", "nft -f \"$1\"; nft -j -f \"$2\"; nft -f \"$1\""] {
            let difference = rules.differences(&listed_after(script, &[&text, &json]));
            assert!(difference.is_empty(), "{what}, {script}: {difference:#?}");
        }
    }
}

#[test]
fn every_shape_differs_from_every_other() {
    if !can_run() {
        return;
    }
    let listings: Vec<_> =
        shapes().iter().map(|(_, spec)| listed_after("nft -f \"$1\"", &[&Ruleset::new(spec).text()])).collect();
    for (i, (what, spec)) in shapes().iter().enumerate() {
        for (j, listing) in listings.iter().enumerate() {
            assert_eq!(Ruleset::new(spec).differences(listing).is_empty(), i == j, "{what} against {j}");
        }
    }
}

#[test]
fn every_shape_becomes_every_other_and_what_both_have_is_not_touched() {
    if !can_run() {
        return;
    }
    let shapes: Vec<_> = shapes().into_iter().map(|(what, spec)| (what, Ruleset::new(&spec))).collect();
    for (from, before) in &shapes {
        // As if the counters had counted something.
        let text = before.text().replace(" comment ", " counter packets 7 bytes 70 comment ");
        let listed = listed_after("nft -f \"$1\"", &[&text]);
        for (to, after) in &shapes {
            let update = after.update(&listed, &Before::default()).unwrap_or_else(|| panic!("{from} becomes {to}"));
            assert_eq!(update.is_empty(), from == to, "{from} becomes {to}: {update}");
            let updated = listed_after("nft -f \"$1\"; nft -f \"$2\"", &[&text, &update]);
            assert!(after.differences(&updated).is_empty(), "{from} becomes {to}: {update}");
            assert_eq!(
                after.update(&updated, &Before::default()).as_deref(),
                Some(""),
                "{from} becomes {to}: {update}"
            );
            let both = before.forwards().iter().filter(|target| after.forwards().contains(target));
            for target in both {
                let count = |listing| Counters::read(listing).of(target.protocol, Ports::one(target.host_port));
                let (once, now) = (count(&listed), count(&updated));
                assert!(once == now && once.is_some_and(|it| it.packets >= 7), "{from} becomes {to}: {target:?}");
            }
        }
    }
}

#[test]
fn wanting_nothing_removes_the_table_and_no_other() {
    if !can_run() {
        return;
    }
    let (full, empty) = (Ruleset::new(&full()), Ruleset::default());
    let script = "nft add table inet other; nft -f \"$1\"; nft -j -f \"$2\"; nft list tables; nft -f \"$3\"; nft list tables";
    let out = in_namespace(script, &[&full.text(), &empty.json().to_string(), &empty.text()]);
    assert_eq!(out, "table inet other\ntable inet other\n");
}

#[test]
fn each_meddling_by_hand_is_seen() {
    if !can_run() {
        return;
    }
    let rules = Ruleset::new(&full());
    let table = "inet container-rebuild";
    #[rustfmt::skip]
    let meddling = [
        // the change from outside                                                    added, removed
        (format!("nft add rule {table} post oifname eth9 masquerade"),                (0, 1)),
        (format!("nft flush chain {table} guard"),                                    (1, 0)),
        (format!("nft delete element {table} links '{{ \"ve-wasabi\" }}'"),             (1, 0)),
        (format!("nft add element {table} links '{{ \"ve-x\" }}'"),                     (0, 1)),
        (format!("nft delete element {table} addr4 '{{ tcp . 8080 : 192.168.100.11 }}'"), (1, 1)),
        (format!("nft delete element {table} traffic_tcp4 '{{ 8080 }}'"),               (1, 0)),
        (format!("nft flush chain {table} count_own; nft delete element {table} links '{{ \"ve-wasabi\" }}'"), (1, 0)),
        (format!("nft add chain {table} mine"),                                       (0, 1)),
        (format!("nft add set {table} mine '{{ type ipv4_addr; }}'"),                   (0, 1)),
        (format!("nft add counter {table} mine"),                                     (0, 1)),
        (format!("nft insert rule {table} guard counter accept"),                     (0, 1)),
        (format!("nft add rule {table} guard limit rate 3/second drop"),              (0, 1)),
    ];
    for (command, (added, removed)) in meddling {
        let listed = listed_after(&format!("nft -f \"$1\"; {command}"), &[&rules.text()]);
        let difference = rules.differences(&listed);
        assert_eq!(
            (difference.added.len(), difference.removed.len()),
            (added, removed),
            "{command}: {difference:#?}"
        );
    }
}

#[test]
fn the_same_rules_in_another_order_are_other_rules() {
    if !can_run() {
        return;
    }
    let rules = Ruleset::new(&full());
    let script = "nft -f \"$1\"; nft flush chain inet container-rebuild post; \
        for i in @nat_inside 've-*'; do nft add rule inet container-rebuild post meta nfproto ipv4 iifname \"$i\" oifname eth0 masquerade; done; \
        nft add rule inet container-rebuild post oifname @links ip saddr 127.0.0.0/8 masquerade; \
        nft add rule inet container-rebuild post iifname @links oifname @links ct status dnat masquerade";
    let difference = rules.differences(&listed_after(script, &[&rules.text()]));
    assert_eq!((difference.added.len(), difference.removed.len()), (4, 4), "{difference:#?}");
}

#[test]
fn a_moved_forward_is_one_line_off_and_one_line_on() {
    if !can_run() {
        return;
    }
    let mut spec = full();
    let before = Ruleset::new(&spec).text();
    if let Network::Private(Private { forwards, .. }) = &mut spec.containers[0].network {
        forwards[0].container_port = 5353;
    }
    let difference = Ruleset::new(&spec).differences(&listed_after("nft -f \"$1\"", &[&before]));
    let line = |container_port| RuleLine::Forward {
        container: None,
        protocol: Protocol::Udp,
        host_port: 53,
        address: [192, 168, 100, 12].into(),
        container_port,
    };
    assert_eq!((difference.added, difference.removed), (vec![line(5353)], vec![line(53)]));
}

#[test]
fn a_thousand_forwards_load_and_compare() {
    if !can_run() {
        return;
    }
    // More rules need a larger socket buffer than a user namespace may request.
    let forwards: Vec<_> = (1..=1_000).map(|port| (Protocol::Tcp, port, port)).collect();
    let spec = HostSpec { containers: vec![container("many", 11, false, &forwards)], nat: NatSpec::default() };
    let rules = Ruleset::new(&spec);
    let listed = listed_after("nft -j -f \"$1\"", &[&rules.json().to_string()]);
    assert!(rules.differences(&listed).is_empty());
}
