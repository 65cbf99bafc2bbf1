//! Computes what loading a table would change, by comparing two listings.
//!
//! The kernel lists a table with handles and counters, and with elements in the order of its hashes; and each nft
//! version spells a few things its own way. All of that is removed from both sides before they are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::isolation;
use super::own::{Condition, Shape};
use super::parts::{TABLE, V4, V6};
use super::ruleset::Ruleset;
use super::text;
use super::traffic;
use crate::model::ContainerName;
use crate::model::spec::{Ports, Protocol};

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleLine {
    /// A forwarded port.
    Forward {
        /// The container that has the address. A listing does not say; callers that know fill it in.
        container: Option<ContainerName>,
        /// The transport protocol.
        protocol: Protocol,
        /// The port of the host.
        host_port: u16,
        /// The address of the guest.
        address: IpAddr,
        /// The port of the guest.
        container_port: u16,
    },
    /// Ports that a container forwards by an option of ours.
    Own {
        /// The container that has the address. A listing does not say; callers that know fill it in.
        container: Option<ContainerName>,
        /// The transport protocol.
        protocol: Protocol,
        /// The connections that are forwarded.
        condition: Condition,
        /// The address of the guest.
        address: IpAddr,
        /// The ports of the host.
        ports: Ports,
        /// The ports of the guest, as many.
        to: Ports,
    },
    /// Ports that `networking.nat` forwards.
    Nat {
        /// The container that has the address. A listing does not say; callers that know fill it in.
        container: Option<ContainerName>,
        /// The transport protocol.
        protocol: Protocol,
        /// The address of the host, if not any.
        at: Option<IpAddr>,
        /// The ports of the host.
        ports: Ports,
        /// Where they lead.
        address: IpAddr,
        /// The ports there, as many.
        to: Ports,
    },
    /// Anything else, in nft's language.
    Rule(String),
}

/// The changes that loading a table makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RulesDifference {
    /// Lines that loading adds, in a stable order.
    pub added: Vec<RuleLine>,
    /// Lines that loading removes.
    pub removed: Vec<RuleLine>,
}

impl RulesDifference {
    /// Whether the kernel already has what would be loaded.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

impl Ruleset {
    /// What loading these rules would add to and remove from the table in `listed` (the output of `nft -j list table`);
    /// empty exactly if the kernel already has them. A missing table is [`Value::Null`].
    pub fn differences(&self, listed: &Value) -> RulesDifference {
        let (listed, wanted) = (Content::read(listed), Content::read(&self.listing()));
        let mut difference = RulesDifference { added: wanted.without(&listed), removed: listed.without(&wanted) };
        // What counts the packets of a forward goes without saying where the forward is listed.
        let lines = [&mut difference.added, &mut difference.removed];
        if lines.iter().any(|lines| lines.iter().any(|line| !is_about_counting(line))) {
            lines.into_iter().for_each(|lines| lines.retain(|line| !is_about_counting(line)));
        }
        difference
    }

    /// Fills in the containers of forwards: nft's listing names only addresses, while these rules name containers.
    pub fn name_containers(&self, lines: &mut [RuleLine]) {
        for line in lines {
            match line {
                RuleLine::Forward { container, protocol, host_port, .. } => {
                    let mut all = self.forwards().iter();
                    let target = all.find(|to| (to.protocol, to.host_port) == (*protocol, *host_port));
                    *container = target.map(|target| target.container.clone());
                }
                RuleLine::Own { container, address, .. } => {
                    let target = self.own_forwards().iter().find(|target| target.to.contains(&Some(*address)));
                    *container = target.map(|target| target.container.clone());
                }
                RuleLine::Nat { .. } | RuleLine::Rule(_) => {}
            }
        }
    }
}

/// A table reduced to its meaning.
#[derive(Debug, Default, PartialEq)]
struct Content {
    /// The maps, sets, chains and so on by their names, each with its declaration.
    declared: BTreeMap<String, String>,
    /// The elements of the maps and sets, each with the name of one that contains it.
    elements: BTreeSet<(String, RuleLine)>,
    /// The rules of each chain: their order matters, and a rule may occur twice.
    rules: BTreeMap<String, Vec<String>>,
}

impl Content {
    fn read(listing: &Value) -> Self {
        let mut content = Self::default();
        let mut maps = BTreeMap::new();
        let routers = [V4, V6].map(|family| text::rule_text(&isolation::router(family)));
        let objects = listing.get("nftables").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let objects =
            objects.iter().filter_map(|object| object.as_object().and_then(|object| object.iter().next()));
        for (kind, body) in objects {
            let name = body["name"].as_str().unwrap_or_default();
            let mut declare = |text: String| content.declared.insert(name.to_owned(), text);
            match kind.as_str() {
                "metainfo" => {}
                "table" => {
                    // A dormant table keeps its rules, but they have no effect.
                    let flags = body.get("flags").map(|flags| format!(" flags {flags}")).unwrap_or_default();
                    declare(format!("table inet {TABLE}{flags}"));
                }
                "map" => {
                    declare(declaration(kind, body));
                    maps.insert(name.to_owned(), elements(body));
                }
                "set" => {
                    declare(declaration(kind, body));
                    let elements = elements(body);
                    content.elements.extend(elements.iter().map(|element| line("set", name, element)));
                }
                "chain" => _ = declare(declaration(kind, body)),
                "rule" => {
                    let chain = body["chain"].as_str().unwrap_or_default().to_owned();
                    let text = text::statements_text(&body["expr"]);
                    // A rule that the host adds, and no configuration.
                    if !(chain == isolation::CHAIN && routers.contains(&text)) {
                        content.rules.entry(chain).or_default().push(text);
                    }
                }
                _ => _ = declare(declaration(kind, body)),
            }
        }
        content.join(maps);
        content
    }

    /// Joins the maps of addresses and of ports to forwards; elements without a counterpart are shown as they are.
    fn join(&mut self, mut maps: BTreeMap<String, Vec<Value>>) {
        for addresses in maps.keys().filter(|name| is_map_of("addr", name)).cloned().collect::<Vec<_>>() {
            let (prefix, family) = addresses.rsplit_once("addr").expect("it is in the name");
            let ports = format!("{prefix}port{family}");
            let named = Shape::named(&addresses);
            let shape = named.as_ref().map(|(shape, _)| shape);
            let mut counterparts: BTreeMap<Key, Value> = BTreeMap::new();
            for element in maps.remove(&ports).unwrap_or_default() {
                match parts(&element, shape).filter(|(_, value)| port(value).is_some()) {
                    Some((key, _)) => _ = counterparts.insert(key, element.clone()),
                    None => _ = self.elements.insert(line("map", &ports, &element)),
                }
            }
            for element in maps.remove(&addresses).unwrap_or_default() {
                let forward = parts(&element, shape).and_then(|(key, value)| {
                    let address = value.as_str()?.parse().ok()?;
                    let counterpart = counterparts.remove(&key)?;
                    let to = parts(&counterpart, shape).and_then(|(_, value)| port(value))?;
                    Some(key.leads(address, Ports::one(to), Forwarder::of(&addresses)))
                });
                self.elements.insert(match forward {
                    Some(forward) => (addresses.clone(), forward),
                    None => line("map", &addresses, &element),
                });
            }
            self.elements.extend(counterparts.values().map(|element| line("map", &ports, element)));
        }
        for map in maps.keys().filter(|name| is_map_of("range", name)).cloned().collect::<Vec<_>>() {
            let named = Shape::named(&map);
            let shape = named.as_ref().map(|(shape, _)| shape);
            for element in maps.remove(&map).unwrap_or_default() {
                let forward = parts(&element, shape).and_then(|(key, value)| {
                    let (address, ports) = (value.as_str()?.parse().ok()?, key.ports);
                    Some(key.leads(address, ports, Forwarder::of(&map)))
                });
                self.elements.insert(match forward {
                    Some(forward) => (map.clone(), forward),
                    None => line("map", &map, &element),
                });
            }
        }
        for (map, elements) in maps {
            self.elements.extend(elements.iter().map(|element| line("map", &map, element)));
        }
    }

    /// The lines that `other` lacks. A declaration is left out if one of its elements or rules is listed; the table's,
    /// if anything is.
    fn without(&self, other: &Self) -> Vec<RuleLine> {
        let mut lines = Vec::new();
        let mut mentioned = BTreeSet::new();
        for (of, line) in self.elements.difference(&other.elements) {
            mentioned.extend([of.clone(), of.replace("addr", "port")]);
            lines.push(line.clone());
        }
        for (chain, rules) in &self.rules {
            let theirs = other.rules.get(chain).map(Vec::as_slice).unwrap_or_default();
            let mut unmatched = theirs.to_vec();
            let mut missing = Vec::new();
            for rule in rules {
                match unmatched.iter().position(|their| their == rule) {
                    Some(at) => _ = unmatched.remove(at),
                    None => missing.push(rule.clone()),
                }
            }
            // The same rules in another order have another effect: then the whole chain counts as new.
            if missing.is_empty() && unmatched.is_empty() && rules != theirs {
                missing = rules.clone();
            }
            if !missing.is_empty() {
                mentioned.insert(chain.clone());
            }
            lines.extend(missing.into_iter().map(|rule| RuleLine::Rule(format!("{chain}: {rule}"))));
        }
        if !lines.is_empty() {
            mentioned.insert(TABLE.to_owned());
        }
        let declared = self.declared.iter().filter(|(name, text)| other.declared.get(*name) != Some(text));
        let unmentioned = declared.filter(|(name, _)| !mentioned.contains(*name));
        lines.extend(unmentioned.map(|(_, text)| RuleLine::Rule(text.clone())));
        lines.sort();
        lines
    }
}

/// An object of a table without its elements or rules.
pub(super) fn declaration(kind: &str, body: &Value) -> String {
    let name = body["name"].as_str().unwrap_or_default();
    match kind {
        "map" => {
            let (key, data) = (text::types(&body["type"]), text::types(&body["map"]));
            format!("map {name} {{ type {key} : {data}{} }}", flags(body))
        }
        "set" => format!("set {name} {{ type {}{} }}", text::types(&body["type"]), flags(body)),
        "chain" => format!("chain {name} {{ {} }}", text::base(body)),
        other => format!("{other} {name}"),
    }
}

/// Whether a line is about the counting of packets.
fn is_about_counting(line: &RuleLine) -> bool {
    let RuleLine::Rule(text) = line else { return false };
    let is_chain = |rest: &str| traffic::CHAINS.iter().any(|chain| rest.starts_with(&format!("{chain} ")));
    text.strip_prefix("set ").is_some_and(traffic::counts)
        || text.strip_prefix("chain ").is_some_and(is_chain)
        || traffic::CHAINS.iter().any(|chain| text.starts_with(&format!("{chain}: ")))
}

/// An element of a map or set as a line of its own.
fn line(kind: &str, name: &str, element: &Value) -> (String, RuleLine) {
    (name.to_owned(), RuleLine::Rule(format!("{kind} {name} {{ {} }}", text::element_text(element))))
}

/// The elements of a set or map, stripped of counters and comments, and with names for protocols.
pub(super) fn elements(body: &Value) -> Vec<Value> {
    let protocol_at = body["type"].as_array().and_then(|types| types.iter().position(|it| it == "inet_proto"));
    let elements = match body.get("elem") {
        Some(Value::Array(elements)) => elements.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    // nft prints the number if it finds no /etc/protocols to look up the name.
    let named = |mut value: Value| {
        let protocol = protocol_at.and_then(|at| value.get_mut("concat")?.get_mut(at));
        if let Some(protocol) = protocol
            && let Some(known) = protocol.as_u64().and_then(Protocol::numbered)
        {
            *protocol = known.as_str().into();
        }
        value
    };
    let bare = |value: Value| named(value.get("elem").and_then(|elem| elem.get("val")).cloned().unwrap_or(value));
    let pair = |value: Value| match value {
        Value::Array(parts) => Value::Array(parts.into_iter().map(bare).collect()),
        other => bare(other),
    };
    elements.into_iter().map(pair).collect()
}

/// Whether it is one of our maps of addresses (`addr`) or of ranges (`range`): `addr4`, `nat_addr6`, `own_d_addr4`.
fn is_map_of(what: &str, name: &str) -> bool {
    let Some(rest) = name.strip_suffix(['4', '6']).and_then(|rest| rest.strip_suffix(what)) else { return false };
    matches!(rest, "" | "nat_" | "loop_") || rest.starts_with("own_")
}

/// Which option forwards a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forwarder {
    Container,
    Own,
    Nat,
}

impl Forwarder {
    /// The one whose forwards are in this map.
    fn of(map: &str) -> Self {
        match map.split_once('_') {
            None => Self::Container,
            Some(("own", _)) => Self::Own,
            Some(_) => Self::Nat,
        }
    }
}

/// The key of an element that leads a port somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    condition: Condition,
    protocol: Protocol,
    ports: Ports,
}

impl Key {
    /// The line about it.
    fn leads(self, address: IpAddr, to: Ports, by: Forwarder) -> RuleLine {
        let Self { condition, protocol, ports } = self;
        match by {
            Forwarder::Nat => RuleLine::Nat { container: None, protocol, at: condition.at, ports, address, to },
            Forwarder::Own => RuleLine::Own { container: None, protocol, condition, address, ports, to },
            Forwarder::Container => RuleLine::Forward {
                container: None,
                protocol,
                host_port: ports.first,
                address,
                container_port: to.first,
            },
        }
    }
}

/// The key and value of an element `protocol . port : value`, with an address of the host before it, or with what one of our own
/// forwards of a `shape` asks for behind it.
fn parts<'v>(element: &'v Value, shape: Option<&Shape>) -> Option<(Key, &'v Value)> {
    let [key, value] = element.as_array()?.as_slice() else {
        return None;
    };
    let (condition, protocol, host_ports) = match (key.get("concat")?.as_array()?.as_slice(), shape) {
        ([protocol, ports, rest @ ..], Some(shape)) => (shape.condition(rest)?, protocol, ports),
        ([protocol, ports], None) => (Condition::default(), protocol, ports),
        ([at, protocol, ports], None) => {
            (Condition { at: Some(at.as_str()?.parse().ok()?), ..Condition::default() }, protocol, ports)
        }
        _ => return None,
    };
    let protocol = Protocol::ALL.into_iter().find(|known| protocol == known.as_str())?;
    let ports = match host_ports.get("range").and_then(Value::as_array).map(Vec::as_slice) {
        Some([first, last]) => Ports { first: port(first)?, last: port(last)? },
        Some(_) => return None,
        None => Ports::one(port(host_ports)?),
    };
    (ports.first <= ports.last).then_some((Key { condition, protocol, ports }, value))
}

fn flags(body: &Value) -> String {
    text::flags(body).map(|flags| format!("; flags {flags}")).unwrap_or_default()
}

fn port(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok())
}
