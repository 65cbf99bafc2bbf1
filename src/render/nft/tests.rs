//! What people read, and what goes with the rules. Loading them for real is in `tests/nft.rs`.

use crate::model::spec::{HostSpec, NatSpec, Network, Veth};
use crate::render::nspawn::tests::wasabi;

use super::*;

fn host() -> HostSpec {
    let nat = NatSpec {
        enable: true,
        internal_interfaces: vec!["ve-*".to_owned()],
        external_interface: Some("eth0".to_owned()),
    };
    HostSpec { containers: vec![wasabi()], nat }
}

#[test]
fn the_text_is_fit_for_reading() {
    insta::assert_snapshot!(Ruleset::new(&host()).text(), @"");
}

#[test]
fn nothing_wanted_means_no_table() {
    let rules = Ruleset::new(&HostSpec::default());
    assert!(rules.is_empty() && rules.sysctls().is_empty());
    insta::assert_snapshot!(rules.text(), @"");
    insta::assert_snapshot!(rules.json(), @"");
}

#[test]
fn a_forward_without_an_address_leads_nowhere_and_is_none() {
    let mut spec = host();
    spec.nat = NatSpec::default();
    for network in [
        Network::Host,
        Network::Private { veth: Some(Veth::default()), forwards: vec![] },
        Network::Private { veth: Some(Veth { host4: Some([10, 0, 0, 1].into()), ..Veth::default() }), forwards: vec![] },
    ] {
        spec.containers[0].network = network;
        assert!(Ruleset::new(&spec).is_empty());
    }
}

#[test]
fn forwards_and_nat_need_forwarding_and_loopback_needs_its_link() {
    let names = |rules: Ruleset| rules.sysctls().into_iter().map(|sysctl| sysctl.name).collect::<Vec<_>>();
    let mut spec = host();
    assert_eq!(names(Ruleset::new(&spec)), ["net.ipv4.conf.all.forwarding", "net.ipv4.conf.ve-wasabi.route_localnet"]);
    if let Network::Private { veth: Some(veth), .. } = &mut spec.containers[0].network {
        veth.local6 = Some("fd00::11".parse().expect("an address"));
        veth.local4 = None;
    }
    assert_eq!(names(Ruleset::new(&spec)), ["net.ipv4.conf.all.forwarding", "net.ipv6.conf.all.forwarding"]);
    spec.containers.clear();
    assert_eq!(names(Ruleset::new(&spec)), ["net.ipv4.conf.all.forwarding"]);
}

#[test]
fn a_table_that_is_not_there_lacks_everything() {
    let rules = Ruleset::new(&host());
    let all = rules.differences(&serde_json::Value::Null);
    assert!(all.removed.is_empty());
    assert_eq!(rules.differences(&rules.listing()), RulesDifference::default());
    assert_eq!(Ruleset::default().differences(&rules.listing()).removed, all.added);
    insta::assert_debug_snapshot!(all.added, @"");
}
