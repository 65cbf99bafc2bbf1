//! Our own forwards: `services.container-rebuild.containers.<name>.forwards`.
//!
//! They do what `containers.<name>.forwardPorts` cannot: ranges of ports, SCTP, and conditions on the connection.
//!
//! Takes: the option as JSON. Gives: [`OwnForward`], or what is wrong with each of its options.

#![allow(clippy::result_large_err, reason = "a refusal is rare, and reported as it is")]

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::interface_name::is_interface_name;
use super::nat::Prefix;
use super::ports::Ports;
use super::protocol::Protocol;
use super::{UNKNOWN_KEY, nat};
use crate::diag::{Code, Diagnostic};

/// Ports of the host that lead to a guest, for the connections that meet the condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnForward {
    /// The transport protocol.
    pub protocol: Protocol,
    /// The ports of the host.
    pub ports: Ports,
    /// The ports of the guest: one for each port of the host in the same order, or one for all.
    pub to: Ports,
    /// The address of the host that must be the destination; `None` means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<IpAddr>,
    /// The interface of the host by which the connection must come in; `None` means any, and the host itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// The networks from which the connection must come; none means any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Prefix>,
    /// Whether guests can use it, too.
    pub hairpin: bool,
}

impl OwnForward {
    /// A port of the host that leads to the same port for every connection, as `forwardPorts` has it.
    pub(super) fn of_port(protocol: Protocol, port: u16) -> Self {
        let ports = Ports::one(port);
        Self { protocol, ports, to: ports, at: None, interface: None, sources: Vec::new(), hairpin: true }
    }

    /// Whether it takes connections of this family.
    pub fn is_for(&self, is_v6: bool) -> bool {
        self.at.is_none_or(|at| at.is_ipv6() == is_v6)
            && (self.sources.is_empty() || self.sources_of(is_v6).next().is_some())
    }

    /// The networks of this family from which the connection must come.
    pub fn sources_of(&self, is_v6: bool) -> impl Iterator<Item = &Prefix> {
        self.sources.iter().filter(move |source| source.address.is_ipv6() == is_v6)
    }

    /// Whether it takes connections of the host itself to 127.0.0.1.
    pub fn takes_localhost(&self) -> bool {
        let localhost = Prefix { address: IpAddr::from([127, 0, 0, 0]), length: 8 };
        self.interface.is_none()
            && self.at.is_none_or(|at| at.is_ipv4() && at.is_loopback())
            && (self.sources.is_empty() || self.sources.iter().any(|source| source.overlaps(&localhost)))
    }

    /// Parses the value of an option, all of which is known.
    ///
    /// # Errors
    /// What is wrong, each with the name of the option in `forward`; an empty one stands for `forward` itself.
    pub(super) fn parse(forward: &Map<String, Value>) -> Result<Self, Vec<(String, Diagnostic)>> {
        let mut wrong = Vec::new();
        let mut fail = |option: &str, diagnostic: Diagnostic| wrong.push((option.to_owned(), diagnostic));
        for option in forward.keys().filter(|option| !OPTIONS.contains(&option.as_str())) {
            let message = format!("there is no option `{option}` for a forward");
            let help = format!("the options are {}", OPTIONS.join(", "));
            fail(option, Diagnostic::error(Code::UnknownOption, message).help(help));
        }
        let given = |option: &str| forward.get(option).filter(|value| !value.is_null());
        let mut take = |option: &str, parsed: Option<Result<Parsed, Diagnostic>>| match parsed.transpose() {
            Ok(parsed) => parsed,
            Err(diagnostic) => {
                fail(option, diagnostic);
                None
            }
        };
        let protocol = take("protocol", given("protocol").map(protocol));
        let ports = take("hostPort", given("hostPort").map(ports));
        let to = take("containerPort", given("containerPort").map(self::ports));
        let at = take("hostAddress", given("hostAddress").map(address));
        let interface = take("interface", given("interface").map(interface));
        let sources = take("sources", given("sources").map(sources));
        let hairpin = take("hairpin", given("hairpin").map(switch));
        if given("hostPort").is_none() {
            let help = "name the port of the host: `hostPort = 443;`, or a range such as `\"8000:8010\"`";
            fail("", Diagnostic::error(Code::OptionType, "this forward has no `hostPort`").help(help));
        }
        let (Some(Parsed::Ports(ports)), true) = (ports, wrong.is_empty()) else { return Err(wrong) };
        let mut this = Self { ports, to: ports, ..Self::of_port(Protocol::Tcp, ports.first) };
        for parsed in [protocol, to, at, interface, sources, hairpin].into_iter().flatten() {
            match parsed {
                Parsed::Protocol(protocol) => this.protocol = protocol,
                Parsed::Ports(to) => this.to = to,
                Parsed::Address(at) => this.at = Some(at),
                Parsed::Interface(name) => this.interface = Some(name),
                Parsed::Sources(sources) => this.sources = sources,
                Parsed::Switch(hairpin) => this.hairpin = hairpin,
            }
        }
        wrong.extend(ports.cannot_lead(this.to, "the guest").map(|wrong| ("containerPort".to_owned(), wrong)));
        if let Some(at) = this.at
            && !this.is_for(at.is_ipv6())
        {
            let message = format!("no connection to {at} comes from one of the `sources`");
            let help = "give networks of the same family, IPv4 or IPv6";
            wrong.push(("sources".to_owned(), Diagnostic::error(Code::OptionCombination, message).help(help)));
        }
        if wrong.is_empty() { Ok(this) } else { Err(wrong) }
    }
}

/// Prints it without the guest's address: `tcp:203.0.113.1:443->443`.
impl fmt::Display for OwnForward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.protocol.as_str())?;
        match self.at {
            Some(at) if at.is_ipv6() => write!(f, "[{at}]:")?,
            Some(at) => write!(f, "{at}:")?,
            None => {}
        }
        write!(f, "{}->{}", self.ports, self.to)
    }
}

/// The options of a forward.
const OPTIONS: [&str; 7] =
    ["protocol", "hostPort", "containerPort", "hostAddress", "interface", "sources", "hairpin"];

/// The value of one option.
enum Parsed {
    Protocol(Protocol),
    Ports(Ports),
    Address(IpAddr),
    Interface(String),
    Sources(Vec<Prefix>),
    Switch(bool),
}

fn wrong_type(value: &Value, expected: &str) -> Diagnostic {
    let message = format!("`{value}` is not {expected}");
    Diagnostic::error(Code::OptionType, message).help(format!("write {expected}"))
}

fn protocol(value: &Value) -> Result<Parsed, Diagnostic> {
    let name = value.as_str().unwrap_or_default();
    let protocol = Protocol::ALL.into_iter().find(|protocol| protocol.as_str() == name);
    protocol.map(Parsed::Protocol).ok_or_else(|| {
        let message = format!("cannot forward `{}`: the protocol must be tcp, udp or sctp", shown(value));
        Diagnostic::error(Code::OptionType, message).help("use `\"tcp\"`, `\"udp\"` or `\"sctp\"`")
    })
}

fn ports(value: &Value) -> Result<Parsed, Diagnostic> {
    Ports::parse(&shown(value), ':').map(Parsed::Ports).map_err(|message| {
        let help = "write a port from 1 to 65535, or a range such as `\"8000:8010\"`";
        Diagnostic::error(Code::OptionType, message).help(help)
    })
}

fn address(value: &Value) -> Result<Parsed, Diagnostic> {
    let text = shown(value);
    let wrong = |message: String, help: &str| Diagnostic::error(Code::AddressSyntax, message).help(help);
    let address: IpAddr = text.parse().map_err(|_| {
        wrong(format!("`{text}` is not an address"), "write an address of the host, such as `\"203.0.113.1\"`")
    })?;
    if address.is_unspecified() {
        let help = "remove `hostAddress`: without it, the forward is for all addresses of the host";
        return Err(wrong(format!("`{text}` stands for no address"), help));
    }
    if address.is_multicast() {
        return Err(wrong(format!("`{text}` is a multicast address"), "name an address of the host"));
    }
    if address.is_ipv6() && address.is_loopback() {
        let help = "name `\"127.0.0.1\"`, or another address of the host";
        return Err(wrong(
            format!("`{text}` cannot be forwarded: the kernel sends nothing from it out of the host"),
            help,
        ));
    }
    Ok(Parsed::Address(address))
}

fn interface(value: &Value) -> Result<Parsed, Diagnostic> {
    let name = shown(value);
    if value.is_string() && is_interface_name(&name) && !name.ends_with('*') {
        return Ok(Parsed::Interface(name));
    }
    let message = format!("`{}` is not the name of an interface", name.escape_debug());
    Err(Diagnostic::error(Code::InterfaceName, message).help("name one interface of the host, such as `\"eth0\"`"))
}

fn sources(value: &Value) -> Result<Parsed, Diagnostic> {
    let Some(list) = value.as_array() else { return Err(wrong_type(value, "a list of addresses and networks")) };
    let mut sources: Vec<Prefix> = Vec::new();
    for element in list {
        let text = shown(element);
        let prefix = nat::network(&text, text.contains(':'))?;
        if !sources.iter().any(|other| other.contains(&prefix)) {
            sources.retain(|other| !prefix.contains(other));
            sources.push(prefix);
        }
    }
    sources.sort();
    Ok(Parsed::Sources(sources))
}

fn switch(value: &Value) -> Result<Parsed, Diagnostic> {
    value.as_bool().map(Parsed::Switch).ok_or_else(|| wrong_type(value, "`true` or `false`"))
}

/// A value without quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The forwards of a set, which may not be there; `None` if one is unknown or wrong.
pub(crate) fn lower(all: Option<&Value>) -> Option<Vec<OwnForward>> {
    let Some(all) = all else { return Some(Vec::new()) };
    let forwards = all.as_object()?.values().map(known);
    forwards.collect()
}

/// Those of them that are known.
pub(crate) fn at_least(all: Option<&Value>) -> Vec<OwnForward> {
    all.and_then(Value::as_object).into_iter().flat_map(Map::values).filter_map(known).collect()
}

/// What a forward means, unless it is unknown or wrong.
pub(crate) fn known(forward: &Value) -> Option<OwnForward> {
    let options = forward.as_object()?;
    let is_unknown = |value: &Value| value.get(UNKNOWN_KEY).is_some();
    let has_unknown =
        |value: &Value| is_unknown(value) || value.as_array().is_some_and(|list| list.iter().any(is_unknown));
    if is_unknown(forward) || options.values().any(has_unknown) {
        return None;
    }
    OwnForward::parse(options).ok()
}

/// Forwards by the connections that they take, each with something that belongs to it.
///
/// Two forwards share connections if they have the same kind of condition, and one connection meets both. Where the kinds
/// differ, the one that asks for more goes first, so that nothing is shared.
#[derive(Debug)]
pub(crate) struct Claims<T>(BTreeMap<Kind, Claimed<T>>);

/// What forwards have in common that may share connections: family, protocol, `hostAddress`, `interface`, and whether there
/// are `sources` and `hairpin`.
type Kind = (bool, Protocol, Option<IpAddr>, Option<String>, bool, bool);

#[derive(Debug)]
struct Claimed<T> {
    /// By their first port.
    by_port: BTreeMap<u16, Vec<(OwnForward, T)>>,
    /// The most ports that one of them has.
    most: u32,
}

impl<T> Default for Claims<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Claims<T> {
    /// A forward that takes connections of this family that `forward` takes, too.
    pub(crate) fn find(&self, forward: &OwnForward, is_v6: bool) -> Option<(&OwnForward, &T)> {
        let claimed = self.0.get(&kind(forward, is_v6))?;
        let first = u32::from(forward.ports.first).saturating_sub(claimed.most.saturating_sub(1));
        let first = u16::try_from(first).unwrap_or_default();
        let near = claimed.by_port.range(first..=forward.ports.last).flat_map(|(_, forwards)| forwards);
        let mut shared = near.filter(|(other, _)| {
            let is_shared = |source: &Prefix| other.sources_of(is_v6).any(|it| it.overlaps(source));
            other.ports.overlaps(forward.ports)
                && (forward.sources.is_empty() || forward.sources_of(is_v6).any(is_shared))
        });
        shared.next().map(|(forward, with)| (forward, with))
    }

    /// Adds a forward for a family.
    pub(crate) fn add(&mut self, forward: OwnForward, is_v6: bool, with: T) {
        let claimed = self.0.entry(kind(&forward, is_v6));
        let claimed = claimed.or_insert_with(|| Claimed { by_port: BTreeMap::new(), most: 1 });
        claimed.most = claimed.most.max(forward.ports.count());
        claimed.by_port.entry(forward.ports.first).or_default().push((forward, with));
    }
}

fn kind(forward: &OwnForward, is_v6: bool) -> Kind {
    let OwnForward { protocol, at, interface, sources, hairpin, .. } = forward;
    (is_v6, *protocol, *at, interface.clone(), !sources.is_empty(), *hairpin)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(forward: Value) -> Result<OwnForward, Vec<String>> {
        let options = forward.as_object().expect("a set");
        let said = |wrong: Vec<(String, Diagnostic)>| {
            wrong.into_iter().map(|(option, diagnostic)| format!("{option}: {}", diagnostic.message)).collect()
        };
        OwnForward::parse(options).map_err(said)
    }

    fn forward(forward: Value) -> OwnForward {
        parse(forward).expect("a good forward")
    }

    #[test]
    fn what_is_not_given_is_not_asked_for() {
        let plain = forward(json!({ "hostPort": 80, "containerPort": null, "hostAddress": null, "sources": [] }));
        assert_eq!(plain, OwnForward::of_port(Protocol::Tcp, 80));
        assert!(plain.takes_localhost());
        assert_eq!(plain.to_string(), "tcp:80->80");
        let other = forward(json!({
            "protocol": "udp", "hostPort": "5000:5001", "containerPort": 9, "hostAddress": "2001:db8::1",
            "sources": ["fd00::/8", "fd01::/16"], "interface": "eth0", "hairpin": false,
        }));
        assert_eq!(other.to_string(), "udp:[2001:db8::1]:5000-5001->9");
        assert_eq!(other.sources.len(), 1, "one lies in the other");
        assert!(other.is_for(true) && !other.is_for(false) && !other.takes_localhost());
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let wrong = parse(json!({
            "protocol": "icmp", "hostPort": 0, "containerPort": "9:1", "hostAddress": "::1", "interface": "a b",
            "sources": ["10.0.0.0/40"], "hairpin": "no", "port": 1,
        }));
        let options =
            ["port", "protocol", "hostPort", "containerPort", "hostAddress", "interface", "sources", "hairpin"];
        let said = wrong.expect_err("all wrong");
        let of: Vec<_> = said.iter().filter_map(|said| said.split(':').next()).collect();
        assert_eq!(of, options, "{said:#?}");
        assert_eq!(parse(json!({})).expect_err("no port"), [": this forward has no `hostPort`"]);
        let none = parse(json!({ "hostPort": 1, "hostAddress": "10.0.0.1", "sources": ["fd00::/8"] }));
        assert_eq!(
            none.expect_err("nobody"),
            ["sources: no connection to 10.0.0.1 comes from one of the `sources`"]
        );
    }

    #[test]
    fn forwards_share_connections_only_under_the_same_kind_of_condition() {
        let wide = forward(json!({ "hostPort": "8000:8100", "sources": ["10.0.0.0/8"] }));
        let mut claims = Claims::default();
        claims.add(wide, false, "wide");
        let found = |forward: OwnForward| claims.find(&forward, false).map(|(_, with)| *with);
        assert_eq!(found(forward(json!({ "hostPort": 8100, "sources": ["10.1.0.0/16"] }))), Some("wide"));
        assert_eq!(found(forward(json!({ "hostPort": 8101, "sources": ["10.1.0.0/16"] }))), None);
        assert_eq!(found(forward(json!({ "hostPort": 8050, "sources": ["11.0.0.0/8"] }))), None);
        assert_eq!(found(forward(json!({ "hostPort": 8050 }))), None, "the other one goes first");
        assert_eq!(found(forward(json!({ "hostPort": 8050, "protocol": "udp", "sources": ["10.0.0.0/8"] }))), None);
    }
}
