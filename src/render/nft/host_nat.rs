//! The objects of `networking.nat`.
//!
//! The number of rules does not depend on the number of forwards: each forward is an element of a map. nft accepts ranges in
//! keys only, so a forward whose ports get other numbers is one element for each of them, while one that keeps them is a single
//! element in a map without ports.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use nftables::expr::{Expression, MetaKey};
use nftables::schema::{NfListObject, SetType};
use nftables::stmt::{NAT, Statement};

use super::parts::{
    Family, Statements, V4, V6, concat, dnat, is, is_forwarded, is_not, meta, named, network, payload, ports, set,
    string, typed_map,
};
use super::ruleset::HostNat;
use crate::model::spec::{NatForward, Ports, Prefix, Protocol};

/// The set of internal interfaces without a pattern.
const INSIDE: &str = "nat_inside";
/// What the names of the sets of networks whose connections are translated begin with.
const FROM: &str = "nat_from";

/// Address of the host (if it matters), protocol and ports.
type Key = (Option<IpAddr>, Protocol, Ports);

/// The elements of one family.
#[derive(Default)]
struct Elements {
    /// Ports that lead to a port each.
    single: BTreeMap<Key, (IpAddr, u16)>,
    /// Ports that keep their numbers.
    ranges: BTreeMap<Key, IpAddr>,
}

impl Elements {
    /// Those for connections from outside (`is_loopback` is false), or those at certain addresses of the host.
    fn of(nat: &HostNat, family: Family, is_loopback: bool) -> Self {
        let mut elements = Self::default();
        for forward in nat.forwards.iter().filter(|forward| forward.address.is_ipv6() == family.is_v6) {
            let addresses: Vec<_> = match is_loopback {
                true => forward.loopback.iter().copied().map(Some).collect(),
                false => vec![None],
            };
            for address in addresses {
                elements.add(address, forward);
            }
        }
        elements
    }

    fn add(&mut self, at: Option<IpAddr>, forward: &NatForward) {
        let NatForward { protocol, ports, address, .. } = *forward;
        if forward.keeps_ports() && ports.count() > 1 {
            self.ranges.insert((at, protocol, ports), address);
            return;
        }
        for port in ports.first..=ports.last {
            // A record that somebody edited may name too few ports.
            let Some(to) = forward.to_port(port) else { continue };
            self.single.insert((at, protocol, Ports::one(port)), (address, to));
        }
    }
}

/// The networks of a family whose connections are translated.
fn networks(nat: &HostNat, family: Family) -> Vec<&Prefix> {
    nat.networks.iter().filter(|prefix| prefix.address.is_ipv6() == family.is_v6).collect()
}

/// The source address that connections of a family get, if given.
fn source(nat: &HostNat, family: Family) -> Option<IpAddr> {
    nat.source[usize::from(family.is_v6)]
}

/// The families that are translated.
fn families(nat: &HostNat) -> impl Iterator<Item = Family> {
    [V4, V6].into_iter().take(if nat.ipv6 { 2 } else { 1 })
}

/// The maps and sets.
pub(super) fn objects(nat: &HostNat) -> Vec<NfListObject<'static>> {
    let mut objects = Vec::new();
    for family in families(nat) {
        for (prefix, is_loopback) in [("nat", false), ("loop", true)] {
            let Elements { single, ranges } = Elements::of(nat, family, is_loopback);
            let name = |what: &str| format!("{prefix}_{what}{}", family.suffix);
            let mut types = vec![SetType::InetProto, SetType::InetService];
            if is_loopback {
                types.insert(0, family.address);
            }
            if !single.is_empty() {
                let addresses =
                    single.iter().map(|(key, (address, _))| (element(*key), string(address.to_string())));
                objects.push(typed_map(name("addr"), (&types, family.address), addresses.collect(), false));
                let ports =
                    single.iter().map(|(key, (_, port))| (element(*key), Expression::Number((*port).into())));
                objects.push(typed_map(name("port"), (&types, SetType::InetService), ports.collect(), false));
            }
            if !ranges.is_empty() {
                let addresses = ranges.iter().map(|(key, address)| (element(*key), string(address.to_string())));
                objects.push(typed_map(name("range"), (&types, family.address), addresses.collect(), true));
            }
        }
        let targets: Vec<_> = loopback_targets(nat, family).into_iter().map(element).collect();
        if !targets.is_empty() {
            let types = [family.address, SetType::InetProto, SetType::InetService];
            objects.push(set(format!("loop_to{}", family.suffix), &types, targets, true));
        }
        let networks: Vec<_> = networks(nat, family).into_iter().map(network).collect();
        if !networks.is_empty() {
            objects.push(set(format!("{FROM}{}", family.suffix), &[family.address], networks, true));
        }
    }
    let names = names(nat);
    if names.len() > 1 {
        let names = names.into_iter().map(|name| string(name.clone()));
        objects.push(set(INSIDE.to_owned(), &[SetType::Ifname], names.collect(), false));
    }
    objects
}

/// The internal interfaces that are not patterns.
fn names(nat: &HostNat) -> Vec<&String> {
    nat.internal.iter().filter(|name| !name.ends_with('*')).collect()
}

/// Where forwards at certain addresses of the host lead. The kernel refuses ranges that overlap, so these are joined.
fn loopback_targets(nat: &HostNat, family: Family) -> BTreeSet<Key> {
    let forwards = nat.forwards.iter().filter(|it| it.address.is_ipv6() == family.is_v6 && !it.loopback.is_empty());
    let targets: BTreeSet<Key> = forwards.map(|it| (Some(it.address), it.protocol, it.to)).collect();
    let mut joined: Vec<Key> = Vec::new();
    for (address, protocol, ports) in targets {
        match joined.last_mut() {
            Some((other, same, before))
                if (*other, *same) == (address, protocol) && ports.first <= before.last.saturating_add(1) =>
            {
                before.last = before.last.max(ports.last);
            }
            _ => joined.push((address, protocol, ports)),
        }
    }
    joined.into_iter().collect()
}

/// A key as nft writes it.
fn element((address, protocol, range): Key) -> Expression<'static> {
    let address = address.map(|address| string(address.to_string()));
    concat(address.into_iter().chain([string(protocol.as_str()), ports(range)]).collect())
}

/// The rules for connections from other machines and from guests.
pub(super) fn incoming(nat: &HostNat) -> Vec<Statements> {
    let mut rules = Vec::new();
    for family in families(nat) {
        let Elements { single, ranges } = Elements::of(nat, family, false);
        // A match on the address says which family it is.
        let mut first = match source(nat, family) {
            Some(_) => Vec::new(),
            None => vec![family.is_it()],
        };
        first.extend(nat.external.clone().map(|external| is(meta(MetaKey::Iifname), string(external))));
        let at = source(nat, family);
        first.extend(at.map(|at| is(payload(family.header, "daddr"), string(at.to_string()))));
        let key = concat(vec![meta(MetaKey::L4proto), payload("th", "dport")]);
        let wanted = [(!single.is_empty(), false), (!ranges.is_empty(), true)];
        for (_, is_range) in wanted.into_iter().filter(|(is_wanted, _)| *is_wanted) {
            rules.push([first.clone(), vec![lead(family, "nat", &key, is_range)]].concat());
        }
        rules.extend(at_addresses(nat, family));
    }
    // Last, because it takes everything.
    rules.extend(nat.dmz.map(|dmz| {
        let mut rule = vec![V4.is_it()];
        rule.extend(nat.external.clone().map(|external| is(meta(MetaKey::Iifname), string(external))));
        let nat = NAT { addr: Some(string(dmz.to_string())), family: Some(V4.nat), port: None, flags: None };
        rule.push(Statement::DNAT(Some(nat)));
        rule
    }));
    rules
}

/// The rules for connections of the host itself.
pub(super) fn from_host(nat: &HostNat) -> Vec<Statements> {
    families(nat).flat_map(|family| at_addresses(nat, family)).collect()
}

/// The rules for connections to certain addresses of the host (`loopbackIPs`).
fn at_addresses(nat: &HostNat, family: Family) -> Vec<Statements> {
    let Elements { single, ranges } = Elements::of(nat, family, true);
    let key = concat(vec![payload(family.header, "daddr"), meta(MetaKey::L4proto), payload("th", "dport")]);
    let wanted = [(!single.is_empty(), false), (!ranges.is_empty(), true)];
    let wanted = wanted.into_iter().filter(|(is_wanted, _)| *is_wanted);
    wanted.map(|(_, is_range)| vec![lead(family, "loop", &key, is_range)]).collect()
}

/// Leads a connection where a map says. In a range, it keeps its port.
fn lead(family: Family, prefix: &str, key: &Expression<'static>, is_range: bool) -> Statement<'static> {
    let map = |what: &str| Some(format!("{prefix}_{what}{}", family.suffix));
    match is_range {
        true => dnat(family, key, map("range"), None),
        false => dnat(family, key, map("addr"), map("port")),
    }
}

/// The rules for connections that leave.
pub(super) fn leaving(nat: &HostNat) -> Vec<Statements> {
    let mut rules = Vec::new();
    // What the host sends back to itself or to a network of its own has to come back this way.
    for family in families(nat).filter(|family| !loopback_targets(nat, *family).is_empty()) {
        let key = vec![payload(family.header, "daddr"), meta(MetaKey::L4proto), payload("th", "dport")];
        let mut rule = Vec::new();
        rule.extend(nat.external.clone().map(|external| is_not(meta(MetaKey::Iifname), string(external))));
        rule.extend([is_forwarded(), is(concat(key), named(&format!("loop_to{}", family.suffix)))]);
        rule.push(Statement::Masquerade(None));
        rules.push(rule);
    }
    let way_out = || nat.external.clone().map(|external| is(meta(MetaKey::Oifname), string(external)));
    for internal in inside_names(nat) {
        let inside = is(meta(MetaKey::Iifname), string(internal));
        let is_same = nat.source == [None, None];
        for family in families(nat).take(if is_same { 1 } else { 2 }) {
            let mut rule = Vec::new();
            if !(is_same && nat.ipv6) {
                rule.push(family.is_it());
            }
            rule.push(inside.clone());
            rule.extend(way_out());
            rule.push(translate(nat, family));
            rules.push(rule);
        }
    }
    for family in families(nat).filter(|family| !networks(nat, *family).is_empty()) {
        let from = named(&format!("{FROM}{}", family.suffix));
        let mut rule = vec![is(payload(family.header, "saddr"), from)];
        rule.extend(way_out());
        rule.push(translate(nat, family));
        rules.push(rule);
    }
    rules
}

/// The internal interfaces as rules name them.
fn inside_names(nat: &HostNat) -> Vec<String> {
    // One rule each: nft rejects an anonymous set in which a pattern covers another name.
    let mut inside: Vec<String> = nat.internal.iter().filter(|name| name.ends_with('*')).cloned().collect();
    match names(nat).as_slice() {
        [] => {}
        [one] => inside.push((*one).clone()),
        _ => inside.push(format!("@{INSIDE}")),
    }
    inside
}

/// What tells that a packet comes from where connections of a family are translated: any of these.
pub(super) fn inside(nat: &HostNat, family: Family) -> Vec<Statements> {
    if family.is_v6 && !nat.ipv6 {
        return Vec::new();
    }
    let interfaces = inside_names(nat).into_iter();
    let mut any: Vec<_> =
        interfaces.map(|name| vec![family.is_it(), is(meta(MetaKey::Iifname), string(name))]).collect();
    if !networks(nat, family).is_empty() {
        any.push(vec![is(payload(family.header, "saddr"), named(&format!("{FROM}{}", family.suffix)))]);
    }
    any
}

/// Gives a connection the wanted source address, or that of the interface by which it leaves.
fn translate(nat: &HostNat, family: Family) -> Statement<'static> {
    match source(nat, family) {
        Some(address) => {
            let addr = Some(string(address.to_string()));
            Statement::SNAT(Some(NAT { addr, family: Some(family.nat), port: None, flags: None }))
        }
        None => Statement::Masquerade(None),
    }
}
