//! Counts the packets of each forward.
//!
//! A counter is an element of a set, so that a packet costs one lookup however many forwards there are. The chains of the
//! translation see only the first packet of a connection, so the counting has chains of its own right behind them: the one for
//! what arrives sees both directions, the other one what the host itself sends. There, a connection is found by the port to
//! which it was opened, which the kernel keeps (`ct original proto-dst`).
//!
//! Our own forwards may share a port of the host, so where they lead counts as well. What overlaps such a forward is not counted:
//! the kernel refuses elements that overlap.
//!
//! nft 1.0 cannot read counters of elements from JSON, so the table is loaded as text.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Add;

use nftables::expr::{Elem, Expression, MetaKey, NamedExpression};
use nftables::schema::{NfListObject, SetType};
use nftables::stmt::{AnonymousCounter, Counter};
use serde::Serialize;
use serde_json::Value;

use super::parts::{
    Statements, V4, V6, answering_address, answering_port, concat, is, is_forwarded, meta, named, original_port,
    ports, set, string,
};
use super::ruleset::{OwnTarget, Ruleset};
use crate::model::spec::{OwnForward, Ports, Protocol};

/// What the names of the sets begin with.
const SETS: &str = "traffic_";
/// The chain for packets that arrive, and the one for those that the host itself sends.
pub(super) const CHAINS: [&str; 2] = ["count", "count_own"];

/// The packets of a forward in both directions, since the forward was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// The number of packets.
    pub packets: u64,
    /// Their length with the headers of IP and all above.
    pub bytes: u64,
}

impl Add for Traffic {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let packets = self.packets.saturating_add(other.packets);
        Self { packets, bytes: self.bytes.saturating_add(other.bytes) }
    }
}

/// The ports of the host, and for our own forwards the address of the guest and its ports.
type Key = (Ports, Option<(IpAddr, Ports)>);

/// What the kernel has counted, by the set and the key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<(String, Key), Traffic>);

impl Counters {
    /// Reads the counters from the output of `nft -j list table`, or of `nft -j list set`.
    pub fn read(listing: &Value) -> Self {
        let mut counters = Self::default();
        let objects = listing["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
        for set in objects.iter().filter_map(|object| object.get("set")) {
            let name = set["name"].as_str().filter(|name| name.starts_with(SETS));
            let elements = set["elem"].as_array().map(Vec::as_slice).unwrap_or_default();
            for element in elements.iter().map(|element| &element["elem"]) {
                let key = match element["val"]["concat"].as_array().map(Vec::as_slice) {
                    Some([ports, address, to]) => read_ports(ports)
                        .zip(address.as_str().and_then(|it| it.parse().ok()))
                        .zip(read_ports(to))
                        .map(|((ports, address), to)| (ports, Some((address, to)))),
                    _ => read_ports(&element["val"]).map(|ports| (ports, None)),
                };
                let count = |what: &str| element["counter"][what].as_u64();
                let traffic = count("packets").zip(count("bytes"));
                if let (Some(name), Some(key), Some((packets, bytes))) = (name, key, traffic) {
                    counters.0.insert((name.to_owned(), key), Traffic { packets, bytes });
                }
            }
        }
        counters
    }

    /// The counters of both.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// What was counted for these ports of the host, IPv4 and IPv6 together; `None` if they are not counted.
    pub fn of(&self, protocol: Protocol, ports: Ports) -> Option<Traffic> {
        let counted = [false, true].into_iter().filter_map(|is_v6| {
            let kind = Kind { protocol, is_v6, form: Form::of(ports) };
            self.0.get(&(kind.set(), (ports, None))).copied()
        });
        counted.reduce(Traffic::add)
    }

    /// What was counted for one of our own forwards to these addresses, together with those that differ from it in nothing
    /// but their conditions.
    pub fn of_own(&self, forward: &OwnForward, addresses: impl IntoIterator<Item = IpAddr>) -> Option<Traffic> {
        let counted = addresses.into_iter().filter_map(|address| {
            let kind = Kind { protocol: forward.protocol, is_v6: address.is_ipv6(), form: Form::Own };
            self.0.get(&(kind.set(), (forward.ports, Some((address, forward.to))))).copied()
        });
        counted.reduce(Traffic::add)
    }
}

/// What distinguishes the sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    protocol: Protocol,
    is_v6: bool,
    form: Form,
}

/// The form of the keys in a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Form {
    /// A port.
    Port,
    /// A range of ports.
    Range,
    /// Ports, and where they lead.
    Own,
}

impl Form {
    fn of(ports: Ports) -> Self {
        if ports.count() > 1 { Self::Range } else { Self::Port }
    }
}

impl Kind {
    /// The name of the set.
    fn set(self) -> String {
        let family = if self.is_v6 { '6' } else { '4' };
        let form = match self.form {
            Form::Port => "",
            Form::Range => "_ranges",
            Form::Own => "_own",
        };
        format!("{SETS}{}{family}{form}", self.protocol.as_str())
    }
}

/// The ports whose packets are counted, each with the option that forwards them.
fn counted(ruleset: &Ruleset) -> BTreeMap<Kind, BTreeMap<Key, String>> {
    let mut counted: BTreeMap<Kind, BTreeMap<Key, String>> = BTreeMap::new();
    let mut add = |protocol, is_v6, ports: Ports, option| {
        let kind = Kind { protocol, is_v6, form: Form::of(ports) };
        counted.entry(kind).or_default().entry((ports, None)).or_insert(option);
    };
    for target in ruleset.forwards() {
        for is_v6 in target.v4.map(|_| false).into_iter().chain(target.v6.map(|_| true)) {
            let option = format!("containers.{}.forwardPorts", target.container);
            add(target.protocol, is_v6, Ports::one(target.host_port), option);
        }
    }
    for forward in ruleset.nat_forwards() {
        add(forward.protocol, forward.address.is_ipv6(), forward.ports, "networking.nat.forwardPorts".to_owned());
    }
    let most =
        ruleset.own_forwards().iter().map(|target| target.forward.ports.last - target.forward.ports.first).max();
    for OwnTarget { forward, container, to } in ruleset.own_forwards() {
        let nearest = Ports { first: forward.ports.first.saturating_sub(most.unwrap_or_default()), last: 0 };
        for address in to.iter().flatten() {
            let kind = Kind { protocol: forward.protocol, is_v6: address.is_ipv6(), form: Form::Own };
            let elements = counted.entry(kind).or_default();
            let key = (forward.ports, Some((*address, forward.to)));
            let near = elements.range((nearest, None)..).map(|(other, _)| other);
            let mut near = near.take_while(|(ports, _)| ports.first <= forward.ports.last);
            if !near.any(|other| overlap(other, &key)) {
                elements.insert(key, format!("services.container-rebuild.containers.{container}.forwards"));
            }
        }
    }
    counted
}

/// Whether a packet may belong to both.
fn overlap((ports, to): &Key, (other_ports, other_to): &Key) -> bool {
    let leads_alike = match (to, other_to) {
        (Some((address, to)), Some((other, other_to))) => address == other && to.overlaps(*other_to),
        _ => true,
    };
    ports.overlaps(*other_ports) && leads_alike
}

/// The port, or the range of ports, in a listing.
fn read_ports(value: &Value) -> Option<Ports> {
    let number = |value: &Value| u16::try_from(value.as_u64()?).ok();
    match value["range"].as_array().map(Vec::as_slice) {
        Some([first, last]) => Some(Ports { first: number(first)?, last: number(last)? }),
        _ => number(value).map(Ports::one),
    }
}

/// The sets, whose counters begin with what was counted `before`.
pub(super) fn objects(ruleset: &Ruleset, before: &Counters) -> Vec<NfListObject<'static>> {
    let sets = counted(ruleset).into_iter().map(|(kind, all)| {
        let name = kind.set();
        let elements = all.into_iter().map(|(each, option)| {
            let before = before.0.get(&(name.clone(), each)).filter(|traffic| traffic.packets > 0);
            element(each, option, before.copied())
        });
        let address = if kind.is_v6 { SetType::Ipv6Addr } else { SetType::Ipv4Addr };
        let types: &[SetType] = match kind.form {
            Form::Port | Form::Range => &[SetType::InetService],
            Form::Own => &[SetType::InetService, address, SetType::InetService],
        };
        set(name.clone(), types, elements.collect(), kind.form != Form::Port)
    });
    sets.collect()
}

fn element((each, to): Key, option: String, before: Option<Traffic>) -> Expression<'static> {
    let number = |count: u64| usize::try_from(count).ok();
    let counter = before.map(|Traffic { packets, bytes }| {
        Counter::Anonymous(Some(AnonymousCounter { packets: number(packets), bytes: number(bytes) }))
    });
    Expression::Named(NamedExpression::Elem(Elem {
        val: Box::new(match to {
            None => ports(each),
            Some((address, to)) => concat(vec![ports(each), string(address.to_string()), ports(to)]),
        }),
        timeout: None,
        expires: None,
        comment: Some(option.into()),
        counter,
    }))
}

/// The rules, the same for both chains.
pub(super) fn rules(ruleset: &Ruleset) -> Vec<Statements> {
    let rules = counted(ruleset).into_keys().map(|kind| {
        let family = if kind.is_v6 { V6 } else { V4 };
        let key = match kind.form {
            Form::Port | Form::Range => original_port(),
            Form::Own => concat(vec![original_port(), answering_address(family), answering_port()]),
        };
        vec![
            family.is_it(),
            is(meta(MetaKey::L4proto), string(kind.protocol.as_str())),
            is_forwarded(),
            is(key, named(&kind.set())),
        ]
    });
    rules.collect()
}

/// Whether the elements of a set count.
pub(super) fn counts(set: &str) -> bool {
    set.starts_with(SETS)
}
