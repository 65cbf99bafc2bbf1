//! Counts the packets of each forward.
//!
//! A counter is an element of a set, so that a packet costs one lookup however many forwards there are. The chains of the
//! translation see only the first packet of a connection, so the counting has chains of its own right behind them: the one for
//! what arrives sees both directions, the other one what the host itself sends. There, a connection is found by the port to
//! which it was opened, which the kernel keeps (`ct original proto-dst`).
//!
//! nft 1.0 cannot read counters of elements from JSON, so the table is loaded as text.

use std::collections::BTreeMap;
use std::ops::Add;

use nftables::expr::{Elem, Expression, MetaKey, NamedExpression};
use nftables::schema::{NfListObject, SetType};
use nftables::stmt::{AnonymousCounter, Counter};
use serde::Serialize;
use serde_json::Value;

use super::parts::{Statements, is, is_forwarded, meta, named, original_port, ports, set, string};
use super::ruleset::Ruleset;
use crate::model::spec::{Ports, Protocol};

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

/// What the kernel has counted, by the set and the ports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters(BTreeMap<(String, Ports), Traffic>);

impl Counters {
    /// Reads the counters from the output of `nft -j list table`, or of `nft -j list set`.
    pub fn read(listing: &Value) -> Self {
        let mut counters = Self::default();
        let objects = listing["nftables"].as_array().map(Vec::as_slice).unwrap_or_default();
        for set in objects.iter().filter_map(|object| object.get("set")) {
            let name = set["name"].as_str().filter(|name| name.starts_with(SETS));
            let elements = set["elem"].as_array().map(Vec::as_slice).unwrap_or_default();
            for element in elements.iter().map(|element| &element["elem"]) {
                let number = |value: &Value| u16::try_from(value.as_u64()?).ok();
                let ports = match element["val"]["range"].as_array().map(Vec::as_slice) {
                    Some([first, last]) => number(first).zip(number(last)),
                    _ => number(&element["val"]).map(|port| (port, port)),
                };
                let count = |what: &str| element["counter"][what].as_u64();
                let traffic = count("packets").zip(count("bytes"));
                if let (Some(name), Some((first, last)), Some((packets, bytes))) = (name, ports, traffic) {
                    counters.0.insert((name.to_owned(), Ports { first, last }), Traffic { packets, bytes });
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
            let kind = Kind { protocol, is_v6, has_ranges: ports.count() > 1 };
            self.0.get(&(kind.set(), ports)).copied()
        });
        counted.reduce(Traffic::add)
    }
}

/// What distinguishes the sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    protocol: Protocol,
    is_v6: bool,
    has_ranges: bool,
}

impl Kind {
    fn set(self) -> String {
        let family = if self.is_v6 { '6' } else { '4' };
        let ranges = if self.has_ranges { "_ranges" } else { "" };
        format!("{SETS}{}{family}{ranges}", self.protocol.as_str())
    }
}

/// The ports whose packets are counted, each with the option that forwards them.
fn counted(ruleset: &Ruleset) -> BTreeMap<Kind, BTreeMap<Ports, String>> {
    let mut counted: BTreeMap<Kind, BTreeMap<Ports, String>> = BTreeMap::new();
    let mut add = |protocol, is_v6, ports: Ports, option| {
        let kind = Kind { protocol, is_v6, has_ranges: ports.count() > 1 };
        counted.entry(kind).or_default().entry(ports).or_insert(option);
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
    counted
}

/// The sets, whose counters begin with what was counted `before`.
pub(super) fn objects(ruleset: &Ruleset, before: &Counters) -> Vec<NfListObject<'static>> {
    let sets = counted(ruleset).into_iter().map(|(kind, all)| {
        let name = kind.set();
        let elements = all.into_iter().map(|(each, option)| {
            let before = before.0.get(&(name.clone(), each)).filter(|traffic| traffic.packets > 0);
            element(each, option, before.copied())
        });
        set(name.clone(), &[SetType::InetService], elements.collect(), kind.has_ranges)
    });
    sets.collect()
}

fn element(each: Ports, option: String, before: Option<Traffic>) -> Expression<'static> {
    let number = |count: u64| usize::try_from(count).ok();
    let counter = before.map(|Traffic { packets, bytes }| {
        Counter::Anonymous(Some(AnonymousCounter { packets: number(packets), bytes: number(bytes) }))
    });
    Expression::Named(NamedExpression::Elem(Elem {
        val: Box::new(ports(each)),
        timeout: None,
        expires: None,
        comment: Some(option.into()),
        counter,
    }))
}

/// The rules, the same for both chains.
pub(super) fn rules(ruleset: &Ruleset) -> Vec<Statements> {
    let rules = counted(ruleset).into_keys().map(|kind| {
        vec![
            is(meta(MetaKey::Nfproto), string(if kind.is_v6 { "ipv6" } else { "ipv4" })),
            is(meta(MetaKey::L4proto), string(kind.protocol.as_str())),
            is_forwarded(),
            is(original_port(), named(&kind.set())),
        ]
    });
    rules.collect()
}

/// Whether the elements of a set count.
pub(super) fn counts(set: &str) -> bool {
    set.starts_with(SETS)
}

impl Ruleset {
    /// The names of the sets that count.
    pub fn counting_sets(&self) -> Vec<String> {
        counted(self).into_keys().map(Kind::set).collect()
    }
}
