//! Prints rules in nft's own language from the objects of libnftables-json(5).
//!
//! Statements are printed from their JSON form rather than from types, so that rules which others put into our table
//! can be shown, too. Unknown statements are shown as JSON.

use std::fmt::Write;

use nftables::schema::NfListObject;
use nftables::stmt::Statement;
use serde_json::{Value, json};

use super::isolation::{self, Before};
use super::objects::Table;
use super::own;
use super::parts::TABLE;
use super::ruleset::Ruleset;
use super::traffic;
use crate::model::spec::Protocol;

impl Ruleset {
    /// The rules as a file for `nft -f`, formatted for people.
    pub fn text(&self) -> String {
        self.text_after(&Before::default())
    }

    /// The rules as [`text`](Self::text), for a host that has these things before.
    pub fn text_after(&self, before: &Before) -> String {
        file(&Table::new(self, before))
    }
}

/// A complete file for `nft -f`.
fn file(objects: &Table) -> String {
    let mut text = format!(
        "# The rules of container-rebuild. Loading this replaces its table, and no other, in one step.\n\
         table inet {TABLE}\ndelete table inet {TABLE}\n"
    );
    if objects.0.is_empty() {
        return text;
    }
    let blocks = objects.0.iter().filter_map(|object| block(&super::objects::object(object), objects));
    write!(text, "\n{}", table(blocks)).expect(INFALLIBLE);
    text
}

/// A table with these maps, sets and chains.
pub(super) fn table(blocks: impl IntoIterator<Item = String>) -> String {
    let mut text = format!("table inet {TABLE} {{");
    for block in blocks {
        text.push('\n');
        for line in block.lines() {
            let indent = if line.is_empty() { "" } else { "  " };
            writeln!(text, "{indent}{line}").expect(INFALLIBLE);
        }
    }
    text.push_str("}\n");
    text
}

const INFALLIBLE: &str = "writing to a string does not fail";

/// Prints a map, set or chain with its contents. Rules are printed with their chain, so a rule on its own is `None`.
pub(super) fn block(object: &Value, all: &Table) -> Option<String> {
    let (kind, body) = object.as_object()?.iter().next()?;
    let name = body.get("name").map(expression).unwrap_or_default();
    let mut lines = Vec::new();
    match kind.as_str() {
        "map" | "set" => {
            lines.extend(purpose(&name).map(str::to_owned).or_else(|| own::purpose(&name)));
            let data = body.get("map").map(|data| format!(" : {}", types(data))).unwrap_or_default();
            lines.push(format!("{kind} {name} {{"));
            lines.push(format!("  type {}{data}", types(&body["type"])));
            lines.extend(flags(body).map(|flags| format!("  flags {flags}")));
            lines.extend(body.get("stmt").map(|_| "  counter".to_owned()));
            lines.extend(elements(body));
        }
        "chain" => {
            lines.extend(purpose(&name).map(str::to_owned));
            lines.push(format!("chain {name} {{"));
            lines.push(format!("  {}", base(body)));
            let rules = all.0.iter().filter_map(|object| match object {
                NfListObject::Rule(rule) if rule.chain == name => Some(rule),
                _ => None,
            });
            for rule in rules {
                lines.push(format!("  {}", rule_text(&rule.expr)));
            }
        }
        _ => return None,
    }
    lines.push("}".to_owned());
    Some(lines.join("\n") + "\n")
}

/// A comment that explains a part of the file to its reader.
fn purpose(name: &str) -> Option<&'static str> {
    match name {
        "addr4" | "addr6" => Some("# Protocol and port of the host : address of the guest."),
        "port4" | "port6" => Some("# Protocol and port of the host : port of the guest."),
        "nat_addr4" | "nat_addr6" => {
            Some("# networking.nat.forwardPorts: protocol and port of the host : address.")
        }
        "nat_port4" | "nat_port6" => Some("# Protocol and port of the host : port there."),
        "nat_range4" | "nat_range6" => Some("# Ranges of ports that keep their numbers : address."),
        "loop_addr4" | "loop_addr6" => Some("# loopbackIPs: address of the host, protocol and port : address."),
        "loop_port4" | "loop_port6" => Some("# Address of the host, protocol and port : port there."),
        "loop_range4" | "loop_range6" => {
            Some("# Ranges of ports that keep their numbers at an address of the host : address.")
        }
        "loop_to4" | "loop_to6" => Some("# Where loopbackIPs lead: answers must come back through the host."),
        "nat_from4" | "nat_from6" => Some("# Networks whose connections are translated."),
        "nat_inside" => Some("# Interfaces whose connections are translated."),
        name if traffic::counts(name) => Some("# Packets to these ports of the host, and the answers."),
        "count" => Some("# Counts what arrives by forwards, in both directions."),
        "count_own" => Some("# Counts what the host itself sends to forwards."),
        "links" => Some("# The interfaces through which the host reaches the containers."),
        "guard" => Some(
            "# Forwards of 127.0.0.1 need route_localnet on these interfaces, which would open the host's own loopback\n\
             # services to the guests. Nothing legitimate comes through them for 127.0.0.0/8.",
        ),
        "alone4" => Some("# Interfaces of guests that reach the host alone, by IPv4."),
        "alone6" => Some("# Interfaces of guests that reach the host alone, by IPv6."),
        isolation::CHAIN => Some(
            "# The host forwards packets for forwards and networking.nat. What is neither does not get to other guests and\n\
             # networks, nor from there to guests.",
        ),
        "pre" => Some("# Connections from other machines and from guests."),
        "out" => Some("# Connections from the host itself."),
        _ => None,
    }
}

/// The properties of a base chain: `type nat hook prerouting priority dstnat; policy accept;`
pub(super) fn base(chain: &Value) -> String {
    let field = |name: &str| chain.get(name).map(expression).unwrap_or_default();
    // nft 1.0 knows each name only at one hook.
    let priority = match (field("hook").as_str(), field("prio").as_str()) {
        (_, "-300") => "raw".to_owned(),
        (_, "0") => "filter".to_owned(),
        ("prerouting", "-100") => "dstnat".to_owned(),
        ("postrouting", "100") => "srcnat".to_owned(),
        (_, other) => other.to_owned(),
    };
    let policy = field("policy");
    format!("type {} hook {} priority {priority}; policy {policy};", field("type"), field("hook"))
}

/// The flags of a map or set, such as `interval`. nft 1.1 writes a single one without a list.
pub(super) fn flags(body: &Value) -> Option<String> {
    match body.get("flags")? {
        Value::Array(flags) => Some(flags.iter().map(expression).collect::<Vec<_>>().join(", ")),
        one => Some(expression(one)),
    }
}

/// Types of a key or value: `inet_proto . inet_service`
pub(super) fn types(types: &Value) -> String {
    match types {
        Value::Array(types) => types.iter().map(expression).collect::<Vec<_>>().join(" . "),
        one => expression(one),
    }
}

fn elements(body: &Value) -> Vec<String> {
    let elements = body.get("elem").and_then(Value::as_array).cloned().unwrap_or_default();
    if elements.is_empty() {
        return Vec::new();
    }
    let mut lines = vec!["  elements = {".to_owned()];
    lines.extend(element_texts(body, elements).into_iter().map(|element| format!("    {element},")));
    lines.push("  }".to_owned());
    lines
}

/// Elements of a set or map, as [`element_text`].
pub(super) fn element_texts(body: &Value, mut elements: Vec<Value>) -> Vec<String> {
    let interface_at = body["type"].as_array().and_then(|types| types.iter().position(|it| it == "ifname"));
    for element in elements.iter_mut().filter_map(|element| element.get_mut(0)) {
        let interface = interface_at.and_then(|at| element.get_mut("concat")?.get_mut(at));
        if let Some(interface) = interface {
            *interface = quoted(interface).into();
        }
    }
    elements.iter().map(element_text).collect()
}

/// An element of a set, or `key : value` of a map.
pub(super) fn element_text(element: &Value) -> String {
    match element.as_array().map(Vec::as_slice) {
        Some([key, value]) => format!("{} : {}", expression(key), expression(value)),
        // nft would read a quoted address as a name.
        _ if element.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()) => expression(element),
        _ => quoted(element),
    }
}

/// A rule of ours, as one line.
pub(super) fn rule_text(rule: &[Statement<'_>]) -> String {
    statements_text(&serde_json::to_value(rule).expect("these types have string keys only"))
}

/// The statements of a rule, as one line.
pub(super) fn statements_text(statements: &Value) -> String {
    let statements = statements.as_array().map(Vec::as_slice).unwrap_or_default();
    statements.iter().map(statement).collect::<Vec<_>>().join(" ")
}

fn statement(statement: &Value) -> String {
    let Some((kind, body)) = statement.as_object().and_then(|object| object.iter().next()) else {
        return statement.to_string();
    };
    match (kind.as_str(), body) {
        ("match", body) => {
            let operator = match body["op"].as_str() {
                Some("==" | "in") | None => String::new(),
                Some(operator) => format!("{operator} "),
            };
            let named = matches!(body["left"]["meta"]["key"].as_str(), Some("iifname" | "oifname"));
            let right = match &body["right"] {
                right if body["left"]["meta"]["key"] == "l4proto" => expression(&protocols(right)),
                right if named => quoted(right),
                right => expression(right),
            };
            format!("{} {operator}{right}", expression(&body["left"]))
        }
        ("dnat" | "snat", body) if body.get("addr").is_some() => {
            let family = body.get("family").map(|family| format!(" {}", expression(family))).unwrap_or_default();
            let port = body.get("port").map(|port| format!(" : {}", expression(port))).unwrap_or_default();
            format!("{kind}{family} to {}{port}", expression(&body["addr"]))
        }
        (verdict, Value::Null) => verdict.to_owned(),
        ("counter", _) => "counter".to_owned(),
        _ => statement.to_string(),
    }
}

/// Protocols by their names. nft prints the number if it finds no /etc/protocols to look up the name.
fn protocols(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_u64().and_then(Protocol::numbered) {
            Some(protocol) => protocol.as_str().into(),
            None => value.clone(),
        },
        Value::Object(object) if object.contains_key("set") => {
            let members = object["set"].as_array().map(Vec::as_slice).unwrap_or_default();
            json!({ "set": members.iter().map(protocols).collect::<Vec<_>>() })
        }
        other => other.clone(),
    }
}

/// An interface name, quoted unless it refers to a set.
fn quoted(name: &Value) -> String {
    match name {
        Value::String(name) if !name.starts_with('@') => format!("\"{name}\""),
        Value::Object(object) if object.contains_key("set") => {
            let members = object["set"].as_array().map(Vec::as_slice).unwrap_or_default();
            format!("{{ {} }}", members.iter().map(quoted).collect::<Vec<_>>().join(", "))
        }
        other => expression(other),
    }
}

fn expression(value: &Value) -> String {
    match value {
        Value::String(text) => return text.clone(),
        Value::Number(number) => return number.to_string(),
        // Flags, such as `established,related`.
        Value::Array(flags) => return flags.iter().map(expression).collect::<Vec<_>>().join(","),
        _ => {}
    }
    let Some((kind, body)) = value.as_object().and_then(|object| object.iter().next()) else {
        return value.to_string();
    };
    let list = |separator: &str| {
        let parts = body.as_array().map(Vec::as_slice).unwrap_or_default();
        parts.iter().map(expression).collect::<Vec<_>>().join(separator)
    };
    match kind.as_str() {
        "concat" => list(" . "),
        "set" => format!("{{ {} }}", list(", ")),
        "meta" => match body["key"].as_str() {
            Some(key @ ("iifname" | "oifname" | "iif" | "oif")) => key.to_owned(),
            _ => format!("meta {}", expression(&body["key"])),
        },
        "payload" => format!("{} {}", expression(&body["protocol"]), expression(&body["field"])),
        "range" => list("-"),
        "prefix" => format!("{}/{}", expression(&body["addr"]), body["len"]),
        "ct" => match body["dir"].as_str() {
            Some(direction) => {
                let family =
                    body.get("family").map(|family| format!("{} ", expression(family))).unwrap_or_default();
                format!("ct {direction} {family}{}", expression(&body["key"]))
            }
            None => format!("ct {}", expression(&body["key"])),
        },
        "elem" => {
            let mut text = expression(&body["val"]);
            if let (Some(packets), Some(bytes)) =
                (body["counter"]["packets"].as_u64(), body["counter"]["bytes"].as_u64())
            {
                write!(text, " counter packets {packets} bytes {bytes}").expect(INFALLIBLE);
            }
            if let Some(comment) = body["comment"].as_str() {
                write!(text, " comment \"{comment}\"").expect(INFALLIBLE);
            }
            text
        }
        "map" => format!("{} map {}", expression(&body["key"]), expression(&body["data"])),
        "fib" => {
            let flags = match &body["flags"] {
                Value::Array(flags) => flags.iter().map(expression).collect::<Vec<_>>().join(" . "),
                one => expression(one),
            };
            format!("fib {flags} {}", expression(&body["result"]))
        }
        _ => value.to_string(),
    }
}
