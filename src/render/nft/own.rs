//! The objects of our own forwards.
//!
//! Forwards that ask for the same things (an address of the host, an interface, source networks, no guests) are of one
//! [`Shape`], and elements of the same maps. The maps of the shape that asks for most are looked up first.

use std::collections::BTreeMap;
use std::net::IpAddr;

use nftables::expr::{Expression, MetaKey};
use nftables::schema::{NfListObject, SetType};
use nftables::stmt::Statement;

use super::parts::{
    Family, LINKS, Statements, V4, V6, any_protocol, concat, dnat, is, is_local, is_not, meta, named, network,
    payload, ports, string, typed_map,
};
use super::ruleset::Ruleset;
use crate::model::spec::{OwnForward, Ports, Prefix, Protocol};

/// What a connection must be like for a forward to take it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Condition {
    /// The address of the host that is its destination.
    pub at: Option<IpAddr>,
    /// The interface of the host by which it comes in.
    pub interface: Option<String>,
    /// The network from which it comes.
    pub source: Option<Prefix>,
    /// Whether it may come from no guest.
    pub not_from_guests: bool,
}

/// Which parts of a condition are given. The order is that of precedence, the last one first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shape {
    at: bool,
    interface: bool,
    source: bool,
    not_from_guests: bool,
    /// The interface, where keys have no room for it: the registers of nftables hold 64 bytes, and two IPv6 addresses with an
    /// interface leave too few of them for the address of the guest. Then each interface has maps and a rule of its own.
    apart: Option<String>,
}

/// What the names of the maps begin with.
const PREFIX: &str = "own";

/// The letters that stand for the parts of a condition in the names of maps, and the parts of the key in their order.
const LETTERS: [char; 4] = ['d', 'i', 's', 'o'];

impl Shape {
    fn of(forward: &OwnForward, is_v6: bool) -> Self {
        let (at, source) = (forward.at.is_some(), !forward.sources.is_empty());
        Self {
            at,
            interface: forward.interface.is_some(),
            source,
            not_from_guests: !forward.hairpin,
            apart: forward.interface.clone().filter(|_| is_v6 && at && source),
        }
    }

    /// Which parts of the condition are in the keys, and whether guests are excluded.
    fn parts(&self) -> [bool; 4] {
        [self.at, self.interface && self.apart.is_none(), self.source, self.not_from_guests]
    }

    /// The name of a map: `own_ds_addr4`, or with an interface apart `own_ds.eth0_addr6`.
    fn map(&self, what: &str, family: Family) -> String {
        let mut letters: String =
            LETTERS.into_iter().zip(self.parts()).filter(|(_, has)| *has).map(|(letter, _)| letter).collect();
        if let Some(interface) = &self.apart {
            letters = format!("{letters}.{}", escaped(interface));
        }
        let letters = if letters.is_empty() { letters } else { format!("_{letters}") };
        format!("{PREFIX}{letters}_{what}{}", family.suffix)
    }

    /// The shape in the name of a map, and what the map holds: `addr`, `port` or `range`.
    pub(super) fn named(map: &str) -> Option<(Self, &str)> {
        let rest = map.strip_prefix(PREFIX)?.strip_prefix('_')?.strip_suffix(['4', '6'])?;
        let (letters, what) = rest.rsplit_once('_').unwrap_or(("", rest));
        let (letters, apart) = match letters.split_once('.') {
            Some((letters, interface)) => (letters, Some(unescaped(interface)?)),
            None => (letters, None),
        };
        let [at, interface, source, not_from_guests] = LETTERS.map(|letter| letters.contains(letter));
        Some((Self { at, interface: interface || apart.is_some(), source, not_from_guests, apart }, what))
    }

    /// The condition that the end of a key stands for, behind protocol and ports.
    pub(super) fn condition(&self, key: &[serde_json::Value]) -> Option<Condition> {
        let mut key = key.iter();
        let mut next = |has: bool| if has { key.next().map(Some) } else { Some(None) };
        let [at, interface, source, _] = self.parts();
        let (at, interface, source) = (next(at)?, next(interface)?, next(source)?);
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        let condition = Condition {
            at: at.map(|at| at.as_str()?.parse().ok().map(Some)).unwrap_or(Some(None))?,
            interface: interface.map(|name| text(name).map(Some)).unwrap_or(Some(self.apart.clone()))?,
            source: source.map(|source| prefix(source).map(Some)).unwrap_or(Some(None))?,
            not_from_guests: self.not_from_guests,
        };
        key.next().is_none().then_some(condition)
    }

    fn types(&self, family: Family) -> Vec<SetType> {
        let [at, interface, source, _] = self.parts();
        let mut types = vec![SetType::InetProto, SetType::InetService];
        types.extend(at.then_some(family.address));
        types.extend(interface.then_some(SetType::Ifname));
        types.extend(source.then_some(family.address));
        types
    }

    /// What is looked up.
    fn key(&self, family: Family) -> Expression<'static> {
        let [at, interface, source, _] = self.parts();
        let mut key = vec![meta(MetaKey::L4proto), payload("th", "dport")];
        key.extend(at.then(|| payload(family.header, "daddr")));
        key.extend(interface.then(|| meta(MetaKey::Iifname)));
        key.extend(source.then(|| payload(family.header, "saddr")));
        concat(key)
    }

    /// The key of an element.
    fn element(&self, (protocol, range, condition): &Key) -> Expression<'static> {
        let mut key = vec![string(protocol.as_str()), ports(*range)];
        key.extend(condition.at.map(|at| string(at.to_string())));
        key.extend(condition.interface.clone().filter(|_| self.apart.is_none()).map(string));
        key.extend(condition.source.as_ref().map(network));
        concat(key)
    }
}

/// An interface's name in that of a map. nft takes letters, digits and four other characters there; `/` stands in no
/// interface's name.
fn escaped(interface: &str) -> String {
    let escape = |byte: u8| match byte {
        b'-' | b'.' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("/{byte:02x}"),
    };
    interface.bytes().map(escape).collect()
}

/// The interface that [`escaped`] made this of.
fn unescaped(text: &str) -> Option<String> {
    let mut parts = text.split('/');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).ok()
}

/// A network in a key.
fn prefix(value: &serde_json::Value) -> Option<Prefix> {
    match value.get("prefix") {
        Some(prefix) => format!("{}/{}", prefix["addr"].as_str()?, prefix["len"]).parse().ok(),
        None => value.as_str()?.parse().ok(),
    }
}

/// The key of an element, in the order of the elements.
type Key = (Protocol, Ports, Condition);

/// The elements of one shape and family.
#[derive(Default)]
struct Elements {
    /// Ports that lead to a port each.
    single: BTreeMap<Key, (IpAddr, u16)>,
    /// Ports that keep their numbers.
    ranges: BTreeMap<Key, IpAddr>,
}

impl Elements {
    fn add(&mut self, forward: &OwnForward, to: IpAddr) {
        let sources: Vec<_> = match forward.sources.is_empty() {
            true => vec![None],
            false => forward.sources_of(to.is_ipv6()).copied().map(Some).collect(),
        };
        let OwnForward { protocol, ports, at, interface, hairpin, .. } = forward;
        for source in sources {
            let condition = Condition { at: *at, interface: interface.clone(), source, not_from_guests: !hairpin };
            if forward.ports == forward.to && ports.count() > 1 {
                self.ranges.insert((*protocol, *ports, condition), to);
                continue;
            }
            for port in ports.first..=ports.last {
                // A record that somebody edited may name too few ports.
                let Some(guest) = ports.lead(forward.to, port) else { continue };
                self.single.insert((*protocol, Ports::one(port), condition.clone()), (to, guest));
            }
        }
    }
}

/// All elements, in the order in which they are looked up.
fn elements(ruleset: &Ruleset) -> Vec<(Shape, Family, Elements)> {
    let mut all: BTreeMap<(Shape, bool), Elements> = BTreeMap::new();
    for target in &ruleset.own {
        for to in target.to.iter().flatten() {
            let elements = all.entry((Shape::of(&target.forward, to.is_ipv6()), !to.is_ipv6())).or_default();
            elements.add(&target.forward, *to);
        }
    }
    let family = |is_v4| if is_v4 { V4 } else { V6 };
    all.into_iter().rev().map(|((shape, is_v4), elements)| (shape, family(is_v4), elements)).collect()
}

/// The maps.
pub(super) fn objects(ruleset: &Ruleset) -> Vec<NfListObject<'static>> {
    let mut objects = Vec::new();
    for (shape, family, Elements { single, ranges }) in elements(ruleset) {
        let types = shape.types(family);
        let mut map = |what: &str, data: SetType, elements: Vec<_>, has_ranges: bool| {
            if !elements.is_empty() {
                objects.push(typed_map(shape.map(what, family), (&types, data), elements, has_ranges));
            }
        };
        let addresses = single.iter().map(|(key, (to, _))| (shape.element(key), string(to.to_string())));
        map("addr", family.address, addresses.collect(), shape.source);
        let ports = single.iter().map(|(key, (_, port))| (shape.element(key), Expression::Number((*port).into())));
        map("port", SetType::InetService, ports.collect(), shape.source);
        let ranges = ranges.iter().map(|(key, to)| (shape.element(key), string(to.to_string())));
        map("range", family.address, ranges.collect(), true);
    }
    objects
}

/// The rules for connections that arrive, or for those of the host itself (`is_own`).
pub(super) fn rules(ruleset: &Ruleset, is_own: bool) -> Vec<Statements> {
    let mut rules = Vec::new();
    // The host's own connections come in by no interface.
    for (shape, family, elements) in
        elements(ruleset).into_iter().filter(|(shape, ..)| !(is_own && shape.interface))
    {
        let mut first: Statements =
            shape.apart.clone().map(|it| is(meta(MetaKey::Iifname), string(it))).into_iter().collect();
        let not_to_localhost = is_own && family.is_v6 && !shape.at;
        if not_to_localhost {
            first.push(is_not(payload("ip6", "daddr"), string("::1")));
        }
        // nft leaves out what an address says already.
        if !shape.at && !shape.source && !not_to_localhost {
            first.push(family.is_it());
        }
        // nft does not see in such a key that the packet has ports. With a single protocol, it would leave this out as well.
        first.push(is(meta(MetaKey::L4proto), any_protocol()));
        first.push(is_local());
        if shape.not_from_guests && !is_own {
            first.push(is_not(meta(MetaKey::Iifname), named(LINKS)));
        }
        let mut rule = |statement: Statement<'static>| rules.push([first.clone(), vec![statement]].concat());
        let map = |what: &str| Some(shape.map(what, family));
        if !elements.single.is_empty() {
            rule(dnat(family, &shape.key(family), map("addr"), map("port")));
        }
        if !elements.ranges.is_empty() {
            rule(dnat(family, &shape.key(family), map("range"), None));
        }
    }
    rules
}

/// What the elements of a map mean.
pub(super) fn purpose(map: &str) -> Option<String> {
    let (shape, what) = Shape::named(map)?;
    let names = ["address of the host", "interface", "source"];
    let parts = names.into_iter().zip(shape.parts()).filter(|(_, has)| *has).map(|(name, _)| format!(", {name}"));
    let value = match what {
        "port" => "port of the guest",
        _ => "address of the guest",
    };
    let ports = if what == "range" {
        "Protocol and ports that keep their numbers"
    } else {
        "Protocol and port of the host"
    };
    let apart = shape.apart.as_ref().map(|interface| format!(", of {interface}")).unwrap_or_default();
    Some(format!("# {ports}{}{apart} : {value}.", parts.collect::<String>()))
}
