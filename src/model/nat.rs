//! The meaning of `networking.nat`: which connections leave with another address, and where ports of the host lead.
//!
//! Takes: [`Nat`], as the user wrote it. Gives: a [`NatSpec`], or what is wrong with a value.
//! [`super::check`] reports that; plans use this module to show what is known before the guests are built.

#![allow(clippy::result_large_err, reason = "a refusal is rare, and reported as it is")]

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ports::Ports;
use super::protocol::Protocol;
use super::{Field, List, Nat, NatForward as Written, SourcePort};
use crate::diag::{Code, Diagnostic};

/// What `networking.nat` asks for. Options that NixOS ignores (those of IPv6 without `enableIPv6`, all of them without
/// `enable`) are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NatSpec {
    /// Whether NAT is on.
    pub enable: bool,
    /// Interfaces in nftables' pattern syntax (`ve-*`); iptables' `ve-+` is already translated.
    pub internal_interfaces: Vec<String>,
    /// The interface to the outside; `None` means every interface.
    pub external_interface: Option<String>,
    /// Whether IPv6 is translated too (`enableIPv6`).
    #[serde(default)]
    pub ipv6: bool,
    /// The networks whose connections are translated, whichever interface they come in by. None contains another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub internal: Vec<Prefix>,
    /// The source address that IPv4 connections get, and the only one whose ports are forwarded. `None` means the address of the
    /// interface that they leave by, and every address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external4: Option<Ipv4Addr>,
    /// The same for IPv6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external6: Option<Ipv6Addr>,
    /// Ports of the host that lead elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forwards: Vec<NatForward>,
    /// The address that everything else from outside leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dmz: Option<Ipv4Addr>,
}

impl NatSpec {
    /// The address that all translated connections of a family get, if it is given.
    pub fn external(&self, is_v6: bool) -> Option<IpAddr> {
        if is_v6 { self.external6.map(IpAddr::V6) } else { self.external4.map(IpAddr::V4) }
    }
}

/// A network such as `10.0.0.0/8`. Its address has no bits beyond its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix {
    /// The first address.
    pub address: IpAddr,
    /// The number of bits that its addresses share.
    pub length: u8,
}

impl Prefix {
    /// Whether all addresses of `other` are in it.
    pub fn contains(&self, other: &Self) -> bool {
        self.length <= other.length && Self::new(other.address, self.length) == Some(*self)
    }

    /// Whether any address is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// The network of this length that contains the address, if there is one.
    fn new(address: IpAddr, length: u8) -> Option<Self> {
        let address = match address {
            IpAddr::V4(address) if length <= 32 => {
                let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & mask))
            }
            IpAddr::V6(address) if length <= 128 => {
                let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
            _ => return None,
        };
        Some(Self { address, length })
    }

    /// Whether it is one address.
    pub fn is_one(&self) -> bool {
        self.length == if self.address.is_ipv4() { 32 } else { 128 }
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || match text.split_once('/') {
            Some((address, length)) => Self::new(address.parse().ok()?, length.parse().ok()?),
            None => {
                let address: IpAddr = text.parse().ok()?;
                Self::new(address, if address.is_ipv4() { 32 } else { 128 })
            }
        };
        parse().ok_or_else(|| format!("`{text}` is not an address or a network"))
    }
}

impl TryFrom<String> for Prefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_one() {
            true => self.address.fmt(f),
            false => write!(f, "{}/{}", self.address, self.length),
        }
    }
}

/// Ports of the host that lead to another address: an element of `networking.nat.forwardPorts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NatForward {
    /// The transport protocol.
    pub protocol: Protocol,
    /// The ports of the host.
    pub ports: Ports,
    /// Where they lead.
    pub address: IpAddr,
    /// The ports there: one for each port of the host in the same order, or one for all.
    pub to: Ports,
    /// Addresses of the host at which it can be used from everywhere, the host itself included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loopback: Vec<IpAddr>,
}

impl NatForward {
    /// Whether every port keeps its number.
    pub fn keeps_ports(&self) -> bool {
        self.ports == self.to
    }

    /// Where a port of the host leads, if it is one of these.
    pub fn to_port(&self, port: u16) -> Option<u16> {
        self.ports.lead(self.to, port)
    }

    /// Whether both have the same ports and lead to the same ones.
    pub fn is_repeated(&self, other: &Self) -> bool {
        let what = |forward: &Self| (forward.protocol, forward.ports, forward.address, forward.to);
        what(self) == what(other)
    }
}

/// Forwards of which no two share a port of the host, each with something that belongs to it.
#[derive(Debug, Default)]
pub(crate) struct ByPort<T>(BTreeMap<(Protocol, bool, u16), (NatForward, T)>);

impl<T> ByPort<T> {
    /// A forward of a family that has one of these ports, if there is one.
    pub(crate) fn find(&self, protocol: Protocol, is_v6: bool, ports: Ports) -> Option<(&NatForward, &T)> {
        let before = self.0.range((protocol, is_v6, 0)..=(protocol, is_v6, ports.last));
        // As none overlaps another, the last one to begin in time is the last one to end.
        let (forward, with) = before.map(|(_, other)| other).next_back()?;
        forward.ports.overlaps(ports).then_some((forward, with))
    }

    /// Adds a forward whose ports are free.
    pub(crate) fn add(&mut self, forward: NatForward, with: T) {
        self.0.insert((forward.protocol, forward.address.is_ipv6(), forward.ports.first), (forward, with));
    }
}

/// The values of a forward, all of them known.
pub(crate) struct KnownForward<'a> {
    pub(super) source: &'a SourcePort,
    pub(super) destination: &'a str,
    pub(super) protocol: &'a str,
    pub(super) loopback: Vec<&'a str>,
}

impl<'a> KnownForward<'a> {
    /// The values of `forward`, if they are known.
    pub(crate) fn of(forward: &'a Written) -> Option<Self> {
        Some(Self {
            source: forward.source_port.known()?,
            destination: forward.destination.known()?,
            protocol: forward.proto.known()?,
            loopback: texts(&forward.loopback_ips)?,
        })
    }

    /// What the forward means, or what is wrong with each of its options.
    pub(crate) fn parse(&self) -> Result<NatForward, Vec<(&'static str, Diagnostic)>> {
        let protocol = protocol(self.protocol).map_err(|wrong| ("proto", wrong));
        let source = match self.source {
            SourcePort::Port(port) => Ports::parse(&port.to_string(), ':'),
            SourcePort::Range(range) => Ports::parse(range, ':'),
        };
        let source = source.map_err(|message| {
            let help = "write a port from 1 to 65535, or a range such as `\"8000:8010\"`";
            ("sourcePort", Diagnostic::error(Code::OptionType, message).help(help))
        });
        let destination = destination(self.destination).map_err(|wrong| ("destination", wrong));
        let (protocol, ports, (address, to)) = match (protocol, source, destination) {
            (Ok(protocol), Ok(source), Ok(destination)) => (protocol, source, destination),
            (protocol, source, destination) => {
                let wrong = [protocol.err(), source.err(), destination.err()];
                return Err(wrong.into_iter().flatten().collect());
            }
        };
        let forward = NatForward { protocol, ports, address, to: to.unwrap_or(ports), loopback: Vec::new() };
        let wrong = ports.cannot_lead(forward.to, &address.to_string());
        let mut wrong: Vec<_> = wrong.map(|wrong| ("destination", wrong)).into_iter().collect();
        let mut loopback = Vec::new();
        for text in &self.loopback {
            match host_address(text, address.is_ipv6()) {
                Ok(address) => loopback.push(address),
                Err(diagnostic) => wrong.push(("loopbackIPs", diagnostic)),
            }
        }
        loopback.sort();
        loopback.dedup();
        if wrong.is_empty() { Ok(NatForward { loopback, ..forward }) } else { Err(wrong) }
    }
}

fn protocol(name: &str) -> Result<Protocol, Diagnostic> {
    match name {
        "tcp" => Ok(Protocol::Tcp),
        "udp" => Ok(Protocol::Udp),
        _ => {
            let message = format!("cannot forward `{}`: the protocol must be tcp or udp", name.escape_debug());
            Err(Diagnostic::error(Code::OptionType, message).help("use `tcp` or `udp`"))
        }
    }
}

/// Parses `IP:PORT`, `IP:FIRST-LAST` or `[IP6]:PORT`. Without ports, as only iptables accepts it, those of the host are kept.
fn destination(text: &str) -> Result<(IpAddr, Option<Ports>), Diagnostic> {
    let help = "write one such as `\"192.168.100.11:80\"`, `\"192.168.100.11:8000-8010\"` or `\"[fd00::11]:80\"`";
    let wrong = |message: String| Diagnostic::error(Code::AddressSyntax, message).help(help);
    let shown = text.escape_debug();
    let (address, ports) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => (address.parse::<Ipv6Addr>().ok().map(IpAddr::V6), rest.strip_prefix(':')),
        None if text.parse::<Ipv6Addr>().is_ok() || text.matches(':').count() > 1 => {
            return Err(wrong(format!("`{shown}` is not clear: an IPv6 address before a port stands in brackets")));
        }
        None => {
            let (address, ports) = text.split_once(':').map_or((text, None), |(ip, ports)| (ip, Some(ports)));
            (address.parse::<Ipv4Addr>().ok().map(IpAddr::V4), ports)
        }
    };
    let is_complete = ports.is_some() || !text.starts_with('[') || text.ends_with(']');
    let Some(address) = address.filter(|_| is_complete) else {
        return Err(wrong(format!("`{shown}` is not an address with a port")));
    };
    if let Some(why) = unreachable(address) {
        let message = format!("`{shown}` leads nowhere: {address} {why}");
        return Err(
            Diagnostic::error(Code::AddressSyntax, message).help("give the address of one machine or container")
        );
    }
    let ports = ports.map(|ports| Ports::parse(ports, '-')).transpose().map_err(|message| {
        let message = format!("`{shown}`: {message}");
        Diagnostic::error(Code::OptionType, message).help(help)
    })?;
    Ok((address, ports))
}

/// Why no packet that is forwarded arrives at the address.
fn unreachable(address: IpAddr) -> Option<&'static str> {
    match address {
        _ if address.is_unspecified() => Some("stands for no address"),
        _ if address.is_multicast() => Some("is a multicast address"),
        _ if address.is_loopback() => Some("is an address of `lo`, which no packet from outside reaches"),
        IpAddr::V4(address) if address.is_broadcast() => Some("is the broadcast address"),
        _ => None,
    }
}

/// Parses an address of the host of the wanted family.
pub(super) fn host_address(text: &str, is_v6: bool) -> Result<IpAddr, Diagnostic> {
    let (family, example) = if is_v6 { ("IPv6", "2001:db8::1") } else { ("IPv4", "203.0.113.1") };
    let address = text.parse().ok().filter(|address: &IpAddr| address.is_ipv6() == is_v6);
    address.filter(|address| !address.is_unspecified() && !address.is_multicast()).ok_or_else(|| {
        let message = format!("`{}` is not an {family} address of a machine", text.escape_debug());
        Diagnostic::error(Code::AddressSyntax, message).help(format!("write one such as `{example}`"))
    })
}

/// Parses a network of the wanted family.
pub(super) fn network(text: &str, is_v6: bool) -> Result<Prefix, Diagnostic> {
    let (family, example) = if is_v6 { ("IPv6", "fd00::/64") } else { ("IPv4", "192.168.100.0/24") };
    text.parse().ok().filter(|prefix: &Prefix| prefix.address.is_ipv6() == is_v6).ok_or_else(|| {
        let message = format!("`{}` is not an {family} address or network", text.escape_debug());
        Diagnostic::error(Code::AddressSyntax, message).help(format!("write one such as `{example}`"))
    })
}

/// The meaning of the options, or `None` if any that matters is unknown. Invalid values are left out.
pub(crate) fn lower(nat: &Nat) -> Option<NatSpec> {
    let enable = *nat.enable.known()?;
    let spec = NatSpec {
        enable,
        internal_interfaces: texts(&nat.internal_interfaces)?.into_iter().map(pattern).collect(),
        external_interface: nat.external_interface.known()?.as_deref().map(pattern),
        ipv6: *nat.enable_ipv6.known()?,
        ..NatSpec::default()
    };
    if !enable {
        return Some(spec);
    }
    let forwards = nat.forward_ports.known()?.iter().map(|forward| KnownForward::of(forward.known()?));
    let forwards: Vec<_> = forwards.collect::<Option<_>>()?;
    let prefixes = [texts(&nat.internal_ips)?, texts(&nat.internal_ipv6s)?];
    let external = [nat.external_ip.known()?.as_deref(), nat.external_ipv6.known()?.as_deref()];
    let dmz = nat.dmz_host.known()?.as_deref();
    Some(complete(spec, &forwards, &prefixes, external, dmz))
}

/// The certain part of options that are partly unknown.
pub(crate) fn at_least(nat: &Nat) -> Option<NatSpec> {
    fn known(list: &List<String>) -> Vec<&str> {
        list.known().into_iter().flatten().filter_map(|element| element.known().map(String::as_str)).collect()
    }
    let enable = *nat.enable.known()?;
    let spec = NatSpec {
        enable,
        internal_interfaces: known(&nat.internal_interfaces).into_iter().map(pattern).collect(),
        external_interface: nat.external_interface.known()?.as_deref().map(pattern),
        ipv6: nat.enable_ipv6.known() == Some(&true),
        ..NatSpec::default()
    };
    if !enable {
        return Some(spec);
    }
    // An address that is not known may be the one that decides where a connection appears to come from, and which are forwarded.
    let external = [nat.external_ip.known()?.as_deref(), nat.external_ipv6.known()?.as_deref()];
    let forwards = nat.forward_ports.known().into_iter().flatten().filter_map(Field::known);
    let forwards: Vec<_> = forwards.filter_map(KnownForward::of).collect();
    let prefixes = [known(&nat.internal_ips), known(&nat.internal_ipv6s)];
    let dmz = nat.dmz_host.known().and_then(Option::as_deref);
    Some(complete(spec, &forwards, &prefixes, external, dmz))
}

/// Adds the valid values to the specification of a NAT that is on.
fn complete(
    spec: NatSpec,
    forwards: &[KnownForward<'_>],
    [v4, v6]: &[Vec<&str>; 2],
    external: [Option<&str>; 2],
    dmz: Option<&str>,
) -> NatSpec {
    let ipv6 = spec.ipv6;
    let v6 = v6.iter().filter(|_| ipv6).filter_map(|text| network(text, true).ok());
    let mut prefixes: Vec<Prefix> = v4.iter().filter_map(|text| network(text, false).ok()).chain(v6).collect();
    prefixes.sort();
    prefixes.dedup();
    let internal = prefixes.iter().filter(|one| !prefixes.iter().any(|other| other != *one && other.contains(one)));
    // NixOS wants an interface for both, and says so.
    let has_way_in = spec.external_interface.is_some();
    let forwards = forwards.iter().filter(|_| has_way_in).filter_map(|forward| forward.parse().ok());
    let address = |text: Option<&str>, is_v6| text.and_then(|text| host_address(text, is_v6).ok());
    NatSpec {
        internal: internal.copied().collect(),
        external4: address(external[0], false).and_then(v4_of),
        external6: address(external[1], true).filter(|_| ipv6).and_then(v6_of),
        forwards: forwards.filter(|forward| ipv6 || forward.address.is_ipv4()).collect(),
        dmz: address(dmz.filter(|_| has_way_in), false).and_then(v4_of),
        ..spec
    }
}

fn v4_of(address: IpAddr) -> Option<Ipv4Addr> {
    if let IpAddr::V4(address) = address { Some(address) } else { None }
}

fn v6_of(address: IpAddr) -> Option<Ipv6Addr> {
    if let IpAddr::V6(address) = address { Some(address) } else { None }
}

fn texts(list: &List<String>) -> Option<Vec<&str>> {
    list.known()?.iter().map(|element| element.known().map(String::as_str)).collect()
}

/// Translates an interface pattern: iptables ends it with `+`, nftables with `*`.
fn pattern(interface: &str) -> String {
    match interface.strip_suffix('+') {
        Some(prefix) => format!("{prefix}*"),
        None => interface.to_owned(),
    }
}

/// The name of a forward in option paths, such as `"tcp:8080"`, with `?` for an unknown part.
pub(crate) fn nat_forward_key(forward: &Written) -> String {
    let protocol = forward.proto.known().map_or("?", String::as_str);
    let port = match forward.source_port.known() {
        None => String::from("?"),
        Some(SourcePort::Port(port)) => port.to_string(),
        Some(SourcePort::Range(range)) => range.clone(),
    };
    format!("{protocol}:{port}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(source: SourcePort, destination: &str) -> Result<NatForward, Vec<(&'static str, String)>> {
        let forward = KnownForward { source: &source, destination, protocol: "tcp", loopback: vec![] };
        let messages = |wrong: Vec<(&'static str, Diagnostic)>| {
            wrong.into_iter().map(|(option, wrong)| (option, wrong.message)).collect()
        };
        forward.parse().map_err(messages)
    }

    #[test]
    fn every_way_to_write_a_forward_means_one_port_for_each_port() {
        let range = |text: &str| SourcePort::Range(text.to_owned());
        for (source, destination, checked, to) in [
            (SourcePort::Port(80), "10.0.0.2:8080", 80, 8080),
            (SourcePort::Port(80), "10.0.0.2:8080-8080", 80, 8080),
            (SourcePort::Port(80), "10.0.0.2", 80, 80),
            (SourcePort::Port(80), "[fd00::2]:8080", 80, 8080),
            (SourcePort::Port(80), "[fd00::2]", 80, 80),
            (range("80:80"), "10.0.0.2:1", 80, 1),
            (range("8000:8010"), "10.0.0.2", 8010, 8010),
            (range("8000:8010"), "10.0.0.2:80", 8007, 80),
            (range("8000:8010"), "10.0.0.2:8000-8010", 8007, 8007),
            (range("8000:8010"), "[fd00::2]:9000-9010", 8007, 9007),
            (range("1:65535"), "10.0.0.2:1-65535", 65535, 65535),
        ] {
            let forward = parse(source.clone(), destination).expect("valid");
            assert_eq!(forward.to_port(checked), Some(to), "{source:?} {destination}");
            assert_eq!(forward.to_port(forward.ports.first.wrapping_sub(1)), None);
            assert_eq!(forward.to_port(forward.ports.last.wrapping_add(1)), None);
        }
    }

    #[test]
    fn what_cannot_be_forwarded_is_refused_by_option() {
        let range = |text: &str| SourcePort::Range(text.to_owned());
        for (source, destination, options) in [
            (SourcePort::Port(0), "10.0.0.2:80", &["sourcePort"][..]),
            (SourcePort::Port(-1), "10.0.0.2:80", &["sourcePort"]),
            (SourcePort::Port(65536), "10.0.0.2:0", &["sourcePort", "destination"]),
            (range("9000:8000"), "10.0.0.256:80", &["sourcePort", "destination"]),
            (range("0:10"), "10.0.0.2:10-1", &["sourcePort", "destination"]),
            (SourcePort::Port(80), "10.0.0.2:", &["destination"]),
            (SourcePort::Port(80), "10.0.0.2:+80", &["destination"]),
            (SourcePort::Port(80), "web:80", &["destination"]),
            (SourcePort::Port(80), "fd00::2:80", &["destination"]),
            (SourcePort::Port(80), "fd00::2", &["destination"]),
            (SourcePort::Port(80), "[fd00::2", &["destination"]),
            (SourcePort::Port(80), "[fd00::2]80", &["destination"]),
            (SourcePort::Port(80), "[10.0.0.2]:80", &["destination"]),
            (SourcePort::Port(80), "0.0.0.0:80", &["destination"]),
            (SourcePort::Port(80), "127.0.0.1:80", &["destination"]),
            (SourcePort::Port(80), "10.0.0.2:80; drop", &["destination"]),
            (SourcePort::Port(80), "10.0.0.2:80-81", &["destination"]),
            (range("80:82"), "10.0.0.2:80-81", &["destination"]),
            (range("1:20000"), "10.0.0.2:2-20001", &["destination"]),
        ] {
            let wrong = parse(source.clone(), destination).expect_err("invalid");
            let named: Vec<_> = wrong.iter().map(|(option, _)| *option).collect();
            assert_eq!(named, options, "{source:?} {destination}: {wrong:?}");
        }
    }

    #[test]
    fn a_network_has_no_bits_beyond_its_length_and_contains_what_it_contains() {
        let prefix = |text: &str| text.parse::<Prefix>().expect("a network");
        for (text, shown) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3"),
            ("10.1.2.3/32", "10.1.2.3"),
            ("1.2.3.4/0", "0.0.0.0/0"),
            ("fd00::1:2/64", "fd00::/64"),
            ("fd00::1", "fd00::1"),
            ("fd00::1/0", "::/0"),
        ] {
            assert_eq!(prefix(text).to_string(), shown);
            assert_eq!(prefix(shown), prefix(text));
        }
        for text in ["10.0.0.0/33", "10.0.0/8", "fd00::/129", "", "/8", "10.0.0.1-10.0.0.9", "10.0.0.0/-1"] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
        assert!(prefix("10.0.0.0/8").contains(&prefix("10.9.0.0/16")));
        assert!(prefix("0.0.0.0/0").contains(&prefix("0.0.0.0/0")));
        assert!(!prefix("10.9.0.0/16").contains(&prefix("10.0.0.0/8")));
        assert!(!prefix("::/0").contains(&prefix("10.0.0.0/8")));
    }
}
