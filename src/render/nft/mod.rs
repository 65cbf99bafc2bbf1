//! The nftables rules of a host's containers, all in one table of their own.
//!
//! Takes: the networks of all containers and NAT. Gives: a [`Ruleset`], which prints itself for `nft -f` and for
//! `nft -j -f`, and compares itself with what the kernel lists.
//!
//! What the rules do, and why they are as they are:
//! - A forward is an element of a map, not a rule: ten thousand of them cost one lookup. Address and port stand in two
//!   maps with the same keys, because nft 1.0 cannot read concatenated *data* from JSON.
//! - Forwards apply to every address of the host (`fib daddr type local`), for packets from outside, from other guests
//!   and from the host itself, 127.0.0.1 included.
//! - A connection from the host's 127.0.0.1, and one between two guests, is masqueraded: the answer would not find its
//!   way back otherwise.
//! - `route_localnet`, which 127.0.0.1 needs, would also let a guest reach the host's own loopback services. Chain
//!   `guard` drops such packets before anything else sees them.
//! - Only the exact names of our own links are matched, and of the bridges that they are in; somebody else's `ve-…` is
//!   left alone. What comes in by a bridge for a guest on it is masqueraded too: the guest would answer past the host.
//!
//! Invariants:
//! - Loading is one transaction: declare, delete, define. Other tables are never named.
//! - Text and JSON are made from the same objects, and so is the comparison.
//!
//! Not here: running `nft` (that is `host`).

mod differences;
mod objects;
mod text;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use differences::{RuleLine, RulesDifference};

use crate::model::ContainerName;
use crate::model::spec::{HostSpec, NatSpec, Network, Private, Protocol};
use crate::render::interface;

/// The family and name of the only table that is ever touched.
pub const TABLE: &str = "container-rebuild";

/// A forward with its target, which has at least one address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The transport.
    pub protocol: Protocol,
    /// The port of the host.
    pub host_port: u16,
    /// The container.
    pub container: ContainerName,
    /// The port of the guest.
    pub container_port: u16,
    /// The guest's IPv4 address.
    pub v4: Option<Ipv4Addr>,
    /// The guest's IPv6 address.
    pub v6: Option<Ipv6Addr>,
}

/// A sysctl below `/proc/sys`, its name with dots, and the value it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sysctl {
    /// Such as `net.ipv4.conf.all.forwarding`.
    pub name: String,
    /// Such as `1`.
    pub value: String,
}

impl Sysctl {
    /// Whether it is the setting of one of these links that leads packets for `127.0.0.0/8` there.
    pub fn is_of_link(&self, links: &BTreeSet<&str>) -> bool {
        let link = self.name.strip_prefix("net.ipv4.conf.").and_then(|rest| rest.strip_suffix(".route_localnet"));
        link.is_some_and(|link| links.contains(link.replace('/', ".").as_str()))
    }
}

/// The rules for a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruleset {
    forwards: Vec<Target>,
    links: BTreeSet<String>,
    exposed: BTreeSet<String>,
    nat: Option<Masquerade>,
}

/// NAT from one set of interfaces to another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Masquerade {
    internal: BTreeSet<String>,
    external: Option<String>,
    ipv6: bool,
}

impl Ruleset {
    /// The rules for all that `spec` declares.
    pub fn new(spec: &HostSpec) -> Self {
        Self::of(spec.containers.iter().map(|container| (&container.name, &container.network)), &spec.nat)
    }

    /// The same from the parts that bear on rules, which are known before the guests have been built.
    ///
    /// Of two forwards of one host port, which the model refuses, the first one counts.
    pub fn of<'a>(networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>, nat: &NatSpec) -> Self {
        Self::leading(networks, nat, |_, _| true)
    }

    /// Like [`of`](Self::of), without the forwards of a container to an address that it may not be led to by.
    pub fn leading<'a>(
        networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>,
        nat: &NatSpec,
        may_lead: impl Fn(&ContainerName, IpAddr) -> bool,
    ) -> Self {
        let mut ruleset = Self::default();
        let mut taken = BTreeSet::new();
        for (container, network) in networks {
            let Network::Private(Private { veth: Some(veth), forwards, .. }) = network else {
                continue;
            };
            let link = interface::way_in(container, veth);
            ruleset.links.insert(link.clone());
            let v4 = veth.local4.filter(|address| may_lead(container, IpAddr::V4(*address)));
            let v6 = veth.local6.filter(|address| may_lead(container, IpAddr::V6(*address)));
            if v4.is_none() && v6.is_none() {
                continue;
            }
            for forward in forwards {
                if !taken.insert((forward.protocol, forward.host_port)) {
                    continue;
                }
                if v4.is_some() {
                    ruleset.exposed.insert(link.clone());
                }
                ruleset.forwards.push(Target {
                    protocol: forward.protocol,
                    host_port: forward.host_port,
                    container: container.clone(),
                    container_port: forward.container_port,
                    v4,
                    v6,
                });
            }
        }
        ruleset.forwards.sort();
        if ruleset.forwards.is_empty() {
            ruleset.links.clear();
        }
        if nat.enable && !nat.internal_interfaces.is_empty() {
            let internal = nat.internal_interfaces.iter().cloned().collect();
            let external = nat.external_interface.clone();
            ruleset.nat = Some(Masquerade { internal, external, ipv6: nat.ipv6 });
        }
        ruleset
    }

    /// The forwards, by protocol and host port.
    pub fn forwards(&self) -> &[Target] {
        &self.forwards
    }

    /// Whether a port of the host leads to this address.
    pub fn leads(&self, protocol: Protocol, host_port: u16, address: IpAddr) -> bool {
        self.forwards.iter().any(|target| {
            let addresses = [target.v4.map(IpAddr::V4), target.v6.map(IpAddr::V6)];
            (target.protocol, target.host_port) == (protocol, host_port) && addresses.contains(&Some(address))
        })
    }

    /// Whether nothing is wanted, so that there is to be no table.
    pub fn is_empty(&self) -> bool {
        self.forwards.is_empty() && self.nat.is_none()
    }

    /// A whole file for `nft -f`, written as a person would write it.
    pub fn text(&self) -> String {
        text::file(&self.objects())
    }

    /// The same as libnftables-json(5), for `nft -j -f`.
    pub fn json(&self) -> serde_json::Value {
        objects::transaction(&self.objects())
    }

    /// The table as `nft -j list table` would print it after loading, but for handles: what another ruleset is compared
    /// with when there is no kernel to ask.
    pub fn listing(&self) -> serde_json::Value {
        objects::listing(&self.objects())
    }

    /// What loading this would add to and remove from the table that `listed` shows (`nft -j list table`); empty
    /// exactly when the kernel has what would be loaded. A table that is not there is [`serde_json::Value::Null`].
    pub fn differences(&self, listed: &serde_json::Value) -> RulesDifference {
        differences::between(listed, &self.listing())
    }

    /// What the kernel must be set to for the rules to have an effect. Those of a link exist only while it does, and
    /// are to be set again whenever it is made.
    pub fn sysctls(&self) -> Vec<Sysctl> {
        let on = |name: String| Sysctl { name, value: "1".to_owned() };
        let mut sysctls = Vec::new();
        if !self.is_empty() {
            sysctls.push(on(IPV4_FORWARDING.to_owned()));
        }
        let masquerades = self.nat.as_ref().filter(|nat| nat.ipv6);
        if masquerades.is_some() || self.forwards.iter().any(|forward| forward.v6.is_some()) {
            // A host that forwards takes no advertisements of routers unless it is told to, and forgets at once what they
            // told it: so this comes first. NixOS sets the same with `networking.nat.enableIPv6`.
            let external = masquerades.and_then(|nat| nat.external.as_deref()).filter(|name| !name.ends_with('*'));
            sysctls.extend(["all", "default"].into_iter().chain(external).map(accept_ra));
            sysctls.push(on(IPV6_FORWARDING.to_owned()));
        }
        sysctls.extend(self.exposed.iter().map(|link| route_localnet(link, "1")));
        sysctls
    }

    /// What `former` rules had the kernel set to and these do not need any more: without chain `guard` it would let
    /// guests reach the host's own loopback services.
    pub fn released(&self, former: &Self) -> Vec<Sysctl> {
        former.exposed.difference(&self.exposed).map(|link| route_localnet(link, "0")).collect()
    }

    fn objects(&self) -> objects::Table {
        objects::Table::new(self)
    }
}

/// Whether the host passes on packets of IPv4.
pub const IPV4_FORWARDING: &str = "net.ipv4.conf.all.forwarding";
/// The same of IPv6.
pub const IPV6_FORWARDING: &str = "net.ipv6.conf.all.forwarding";

impl Sysctl {
    /// The link whose `accept_ra` this is, or `all` or `default`: whether it takes advertisements of routers.
    pub fn accept_ra(&self) -> Option<&str> {
        self.name.strip_prefix("net.ipv6.conf.")?.strip_suffix(".accept_ra")
    }

    /// Whether it is a setting of the whole host, which is there before any container is.
    pub fn is_of_host(&self) -> bool {
        self.accept_ra().is_some() || [IPV4_FORWARDING, IPV6_FORWARDING].contains(&self.name.as_str())
    }
}

/// Advertisements of routers are taken although the host forwards.
fn accept_ra(link: &str) -> Sysctl {
    Sysctl { name: format!("net.ipv6.conf.{}.accept_ra", link.replace('.', "/")), value: "2".to_owned() }
}

/// Below /proc/sys a dot in a link's name is written as a slash in the dotted form (sysctl.d(5)).
fn route_localnet(link: &str, value: &str) -> Sysctl {
    let name = format!("net.ipv4.conf.{}.route_localnet", link.replace('.', "/"));
    Sysctl { name, value: value.to_owned() }
}

#[cfg(test)]
mod tests;
