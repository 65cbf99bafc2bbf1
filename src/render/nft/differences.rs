//! Computes what loading a table would change, by comparing two listings.
//!
//! The kernel lists a table with handles and counters, and with elements in the order of its hashes; and each nft
//! version spells a few things its own way. All of that is removed from both sides before they are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::objects::TABLE;
use super::ruleset::Ruleset;
use super::text;
use crate::model::ContainerName;
use crate::model::spec::Protocol;

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
        RulesDifference { added: wanted.without(&listed), removed: listed.without(&wanted) }
    }

    /// Fills in the containers of forwards: nft's listing names only addresses, while these rules name containers.
    pub fn name_containers(&self, lines: &mut [RuleLine]) {
        for line in lines {
            if let RuleLine::Forward { container, protocol, host_port, .. } = line {
                let target = self
                    .forwards()
                    .iter()
                    .find(|target| (target.protocol, target.host_port) == (*protocol, *host_port));
                *container = target.map(|target| target.container.clone());
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
                    let (key, data) = (text::types(&body["type"]), text::types(&body["map"]));
                    declare(format!("map {name} {{ type {key} : {data} }}"));
                    maps.insert(name.to_owned(), elements(body));
                }
                "set" => {
                    declare(format!("set {name} {{ type {} }}", text::types(&body["type"])));
                    let elements = elements(body);
                    content.elements.extend(elements.iter().map(|element| line("set", name, element)));
                }
                "chain" => {
                    declare(format!("chain {name} {{ {} }}", text::base(body)));
                }
                "rule" => {
                    let chain = body["chain"].as_str().unwrap_or_default().to_owned();
                    content.rules.entry(chain).or_default().push(text::statements_text(&body["expr"]));
                }
                other => {
                    declare(format!("{other} {name}"));
                }
            }
        }
        content.join(maps);
        content
    }

    /// Joins the maps of addresses and of ports to forwards; elements without a counterpart are shown as they are.
    fn join(&mut self, mut maps: BTreeMap<String, Vec<Value>>) {
        for (addresses, ports) in [("addr4", "port4"), ("addr6", "port6")] {
            let mut counterparts: BTreeMap<(Protocol, u16), Value> = BTreeMap::new();
            for element in maps.remove(ports).unwrap_or_default() {
                match parts(&element).filter(|(_, value)| port(value).is_some()) {
                    Some((key, _)) => _ = counterparts.insert(key, element.clone()),
                    None => _ = self.elements.insert(line("map", ports, &element)),
                }
            }
            for element in maps.remove(addresses).unwrap_or_default() {
                let forward = parts(&element).and_then(|(key, value)| {
                    let address = value.as_str()?.parse().ok()?;
                    let counterpart = counterparts.remove(&key)?;
                    let container_port = parts(&counterpart).and_then(|(_, value)| port(value))?;
                    let (protocol, host_port) = key;
                    Some(RuleLine::Forward { container: None, protocol, host_port, address, container_port })
                });
                self.elements.insert(match forward {
                    Some(forward) => (addresses.to_owned(), forward),
                    None => line("map", addresses, &element),
                });
            }
            self.elements.extend(counterparts.values().map(|element| line("map", ports, element)));
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

/// An element of a map or set as a line of its own.
fn line(kind: &str, name: &str, element: &Value) -> (String, RuleLine) {
    (name.to_owned(), RuleLine::Rule(format!("{kind} {name} {{ {} }}", text::element_text(element))))
}

/// The elements of a set or map, stripped of counters and comments.
fn elements(body: &Value) -> Vec<Value> {
    let elements = match body.get("elem") {
        Some(Value::Array(elements)) => elements.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let bare = |value: Value| value.get("elem").and_then(|elem| elem.get("val")).cloned().unwrap_or(value);
    let pair = |value: Value| match value {
        Value::Array(parts) => Value::Array(parts.into_iter().map(bare).collect()),
        other => bare(other),
    };
    elements.into_iter().map(pair).collect()
}

/// The key and value of an element `protocol . port : value`.
fn parts(element: &Value) -> Option<((Protocol, u16), &Value)> {
    let [key, value] = element.as_array()?.as_slice() else {
        return None;
    };
    let [protocol, host_port] = key.get("concat")?.as_array()?.as_slice() else {
        return None;
    };
    // nft prints the number if it finds no /etc/protocols to look up the name.
    let protocol = match (protocol.as_str(), protocol.as_u64()) {
        (Some("tcp"), _) | (_, Some(6)) => Protocol::Tcp,
        (Some("udp"), _) | (_, Some(17)) => Protocol::Udp,
        _ => return None,
    };
    Some(((protocol, port(host_port)?), value))
}

fn port(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|port| u16::try_from(port).ok())
}
