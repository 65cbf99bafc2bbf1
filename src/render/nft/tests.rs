//! Tests of the text that people read, and of the sysctls. `tests/library/nft.rs` loads the rules into a real kernel.

use crate::model::spec::{HostSpec, NatSpec, Network, Private, Veth};
use crate::render::nspawn::tests::wasabi;

use super::*;

fn host() -> HostSpec {
    let nat = NatSpec {
        enable: true,
        internal_interfaces: vec!["ve-*".to_owned()],
        external_interface: Some("eth0".to_owned()),
        ..NatSpec::default()
    };
    HostSpec { containers: vec![wasabi()], nat }
}

#[test]
fn the_text_is_fit_for_reading() {
    insta::assert_snapshot!(Ruleset::new(&host()).text(), @r#"
    # The rules of container-rebuild. Loading this replaces its table, and no other, in one step.
    table inet container-rebuild
    delete table inet container-rebuild

    table inet container-rebuild {
      # Protocol and port of the host : address of the guest.
      map addr4 {
        type inet_proto . inet_service : ipv4_addr
        elements = {
          tcp . 8080 : 192.168.100.11,
        }
      }

      # Protocol and port of the host : port of the guest.
      map port4 {
        type inet_proto . inet_service : inet_service
        elements = {
          tcp . 8080 : 80,
        }
      }

      # The interfaces through which the host reaches the containers.
      set links {
        type ifname
        elements = {
          "ve-wasabi",
        }
      }

      # Packets to these ports of the host, and the answers.
      set traffic_tcp4 {
        type inet_service
        counter
        elements = {
          8080 comment "containers.wasabi.forwardPorts",
        }
      }

      # Forwards of 127.0.0.1 need route_localnet on these interfaces, which would open the host's own loopback
      # services to the guests. Nothing legitimate comes through them for 127.0.0.0/8.
      chain guard {
        type filter hook prerouting priority raw; policy accept;
        iifname @links ip daddr 127.0.0.0/8 drop
      }

      # Connections from other machines and from guests.
      chain pre {
        type nat hook prerouting priority dstnat; policy accept;
        meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @addr4 : meta l4proto . th dport map @port4
      }

      # Connections from the host itself.
      chain out {
        type nat hook output priority -100; policy accept;
        meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @addr4 : meta l4proto . th dport map @port4
      }

      # Counts what arrives by forwards, in both directions.
      chain count {
        type filter hook prerouting priority -90; policy accept;
        meta nfproto ipv4 meta l4proto tcp ct status dnat ct original proto-dst @traffic_tcp4
      }

      # Counts what the host itself sends to forwards.
      chain count_own {
        type filter hook output priority -90; policy accept;
        meta nfproto ipv4 meta l4proto tcp ct status dnat ct original proto-dst @traffic_tcp4
      }

      chain post {
        type nat hook postrouting priority srcnat; policy accept;
        oifname @links ip saddr 127.0.0.0/8 masquerade
        iifname @links oifname @links ct status dnat masquerade
        meta nfproto ipv4 iifname "ve-*" oifname "eth0" masquerade
      }
    }
    "#);
}

#[test]
fn nothing_wanted_means_no_table() {
    let rules = Ruleset::new(&HostSpec::default());
    assert!(rules.is_empty() && rules.sysctls().is_empty());
    insta::assert_snapshot!(rules.text(), @r#"
    # The rules of container-rebuild. Loading this replaces its table, and no other, in one step.
    table inet container-rebuild
    delete table inet container-rebuild
    "#);
    insta::assert_snapshot!(rules.json(), @r#"{"nftables":[{"add":{"table":{"family":"inet","name":"container-rebuild"}}},{"delete":{"table":{"family":"inet","name":"container-rebuild"}}}]}"#);
}

#[test]
fn a_forward_without_an_address_leads_nowhere_and_is_none() {
    let mut spec = host();
    spec.nat = NatSpec::default();
    for network in [
        Network::Host,
        Network::Private(Private { veth: Some(Veth::default()), forwards: vec![], ..Private::default() }),
        Network::Private(Private {
            veth: Some(Veth { host4: Some([10, 0, 0, 1].into()), ..Veth::default() }),
            forwards: vec![],
            ..Private::default()
        }),
    ] {
        spec.containers[0].network = network;
        assert!(Ruleset::new(&spec).is_empty());
    }
}

#[test]
fn forwards_and_nat_need_forwarding_and_loopback_needs_its_link() {
    let names = |rules: Ruleset| rules.sysctls().into_iter().map(|sysctl| sysctl.name).collect::<Vec<_>>();
    let mut spec = host();
    assert_eq!(
        names(Ruleset::new(&spec)),
        ["net.ipv4.conf.all.forwarding", "net.ipv4.conf.ve-wasabi.route_localnet"]
    );
    if let Network::Private(Private { veth: Some(veth), .. }) = &mut spec.containers[0].network {
        veth.local6 = Some("fd00::11".parse().expect("an address"));
        veth.local4 = None;
    }
    let ipv6 = [
        "net.ipv4.conf.all.forwarding",
        "net.ipv6.conf.all.accept_ra",
        "net.ipv6.conf.default.accept_ra",
        "net.ipv6.conf.all.forwarding",
    ];
    assert_eq!(names(Ruleset::new(&spec)), ipv6);
    spec.containers.clear();
    assert_eq!(names(Ruleset::new(&spec)), ["net.ipv4.conf.all.forwarding"]);
    // The external interface is set by name, before forwarding is. A pattern is not an interface.
    spec.nat.ipv6 = true;
    let by = |external: Option<&str>| {
        let nat = NatSpec { external_interface: external.map(str::to_owned), ..spec.nat.clone() };
        names(Ruleset::new(&HostSpec { containers: vec![], nat }))
    };
    let with_way_out = [&ipv6[..3], &["net.ipv6.conf.eth0/1.accept_ra"], &ipv6[3..]].concat();
    assert_eq!(by(Some("eth0.1")), with_way_out);
    assert_eq!(by(Some("wl*")), ipv6);
    assert_eq!(by(None), ipv6);
}

#[test]
fn ipv6_is_translated_where_it_was_asked_for() {
    let rules = |ipv6: bool| {
        let spec = HostSpec { containers: vec![], nat: NatSpec { ipv6, ..host().nat } };
        let text = Ruleset::new(&spec).text();
        text.lines()
            .filter(|line| line.contains("masquerade"))
            .map(|line| line.trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(rules(false), [r#"meta nfproto ipv4 iifname "ve-*" oifname "eth0" masquerade"#]);
    assert_eq!(rules(true), [r#"iifname "ve-*" oifname "eth0" masquerade"#]);
}

#[test]
fn a_table_that_is_not_there_lacks_everything() {
    let rules = Ruleset::new(&host());
    let all = rules.differences(&serde_json::Value::Null);
    assert!(all.removed.is_empty());
    assert_eq!(rules.differences(&rules.listing()), RulesDifference::default());
    assert_eq!(Ruleset::default().differences(&rules.listing()).removed, all.added);
    insta::assert_debug_snapshot!(all.added, @r#"
    [
        Forward {
            container: None,
            protocol: Tcp,
            host_port: 8080,
            address: 192.168.100.11,
            container_port: 80,
        },
        Rule(
            "guard: iifname @links ip daddr 127.0.0.0/8 drop",
        ),
        Rule(
            "out: meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @addr4 : meta l4proto . th dport map @port4",
        ),
        Rule(
            "post: iifname @links oifname @links ct status dnat masquerade",
        ),
        Rule(
            "post: meta nfproto ipv4 iifname \"ve-*\" oifname \"eth0\" masquerade",
        ),
        Rule(
            "post: oifname @links ip saddr 127.0.0.0/8 masquerade",
        ),
        Rule(
            "pre: meta nfproto ipv4 fib daddr type local dnat ip to meta l4proto . th dport map @addr4 : meta l4proto . th dport map @port4",
        ),
        Rule(
            "set links { \"ve-wasabi\" }",
        ),
    ]
    "#);
}

#[test]
fn what_a_link_does_not_need_any_more_is_taken_back() {
    let with = host();
    let mut bridged = host();
    if let Network::Private(Private { veth: Some(veth), .. }) = &mut bridged.containers[0].network {
        veth.bridge = Some("br0.1".to_owned());
    }
    let without = HostSpec { containers: vec![], ..host() };
    let [with, bridged, without] = [&with, &bridged, &without].map(Ruleset::new);
    let off = |name: &str| Sysctl { name: format!("net.ipv4.conf.{name}.route_localnet"), value: "0".to_owned() };
    assert_eq!(without.released(&with), [off("ve-wasabi")]);
    assert_eq!(with.released(&bridged), [off("br0/1")]);
    assert_eq!(with.released(&with), []);
}

#[test]
fn interfaces_that_nat_does_not_translate_reach_the_host_alone() {
    let alone = |edit: fn(&mut NatSpec)| {
        let mut spec = host();
        let Network::Private(network) = &mut spec.containers[0].network else { panic!("it has one of its own") };
        network.veth.as_mut().expect("it has a veth").local6 = Some("fd00::11".parse().expect("an address"));
        edit(&mut spec.nat);
        let text = Ruleset::new(&spec).text();
        let sets = ["set alone4 {", "set alone6 {"].map(|set| text.contains(set));
        assert_eq!(text.contains("chain forward {"), sets.contains(&true), "{text}");
        sets
    };
    assert_eq!(alone(|_| {}), [false, true], "`ve-*`, and IPv4 alone");
    assert_eq!(alone(|nat| nat.ipv6 = true), [false, false]);
    assert_eq!(alone(|nat| nat.enable = false), [true, true]);
    assert_eq!(alone(|nat| nat.internal_interfaces = vec!["ve-other".to_owned()]), [true, true]);
    fn only_from(nat: &mut NatSpec, network: &str) {
        nat.internal_interfaces.clear();
        nat.internal = vec![network.parse().expect("a network")];
    }
    assert_eq!(alone(|nat| only_from(nat, "192.168.100.0/24")), [false, true]);
    assert_eq!(alone(|nat| only_from(nat, "192.168.101.0/24")), [true, true]);
    // Without rules, the host forwards nothing.
    let mut spec = host();
    spec.nat = NatSpec::default();
    let Network::Private(network) = &mut spec.containers[0].network else { panic!("it has one of its own") };
    network.forwards.clear();
    assert_eq!(Ruleset::new(&spec), Ruleset::default());
}

#[test]
fn a_host_that_routes_adds_a_rule_that_makes_no_difference() {
    let mut spec = host();
    spec.nat.enable = false;
    let rules = Ruleset::new(&spec);
    let text = rules.text_after(&Before { routes: [true, false], ..Before::default() });
    let rule = "    ct status dnat accept\n    meta nfproto ipv4 accept\n";
    assert!(text.contains(rule) && !rules.text().contains(rule), "{text}");
    let mut listing = rules.listing();
    let objects = listing["nftables"].as_array_mut().expect("a list");
    let mut rule = objects.iter().find(|it| it["rule"]["chain"] == "forward").expect("a rule").clone();
    rule["rule"]["expr"] = serde_json::json!([
        {"match": {"op": "==", "left": {"meta": {"key": "nfproto"}}, "right": "ipv4"}}, {"accept": null}
    ]);
    objects.push(rule.clone());
    assert!(rules.differences(&listing).is_empty());
    rule["rule"]["chain"] = "pre".into();
    listing["nftables"].as_array_mut().expect("a list").push(rule);
    assert!(!rules.differences(&listing).is_empty());
}
