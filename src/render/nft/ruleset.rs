//! A host's rules, and the sysctls that they need.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::parts::{Family, V4, V6};
use crate::model::ContainerName;
use crate::model::nat::ByPort;
use crate::model::own_forward::Claims;
use crate::model::spec::{HostSpec, NatForward, NatSpec, Network, OwnForward, Ports, Prefix, Private, Protocol};
use crate::render::interface;

/// A forward to a guest that has at least one address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The transport protocol.
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

/// A forward under conditions to a guest that has an address for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnTarget {
    /// The forward.
    pub forward: OwnForward,
    /// The container.
    pub container: ContainerName,
    /// Where connections over IPv4 lead, and those over IPv6; `None` if there are none.
    pub to: [Option<IpAddr>; 2],
}

/// A sysctl below `/proc/sys`, and the value that it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sysctl {
    /// The name with dots, such as `net.ipv4.conf.all.forwarding`.
    pub name: String,
    /// The value, such as `1`.
    pub value: String,
}

impl Sysctl {
    /// Whether it is the `route_localnet` of one of these interfaces.
    pub fn is_of_interface(&self, links: &BTreeSet<&str>) -> bool {
        let link = self.name.strip_prefix("net.ipv4.conf.").and_then(|rest| rest.strip_suffix(".route_localnet"));
        link.is_some_and(|link| links.contains(link.replace('/', ".").as_str()))
    }
}

/// The rules for a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ruleset {
    pub(super) forwards: Vec<Target>,
    pub(super) own: Vec<OwnTarget>,
    pub(super) links: BTreeSet<String>,
    pub(super) exposed: BTreeSet<String>,
    /// The interfaces of guests that reach the host alone, by IPv4 and by IPv6.
    pub(super) alone: [BTreeSet<String>; 2],
    pub(super) nat: Option<HostNat>,
}

/// What `networking.nat` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HostNat {
    /// The interfaces whose connections are translated.
    pub(super) internal: BTreeSet<String>,
    /// The networks whose connections are translated.
    pub(super) networks: Vec<Prefix>,
    /// The interface to the outside.
    pub(super) external: Option<String>,
    /// The source addresses that connections get, if given: that of IPv4, and that of IPv6.
    pub(super) source: [Option<IpAddr>; 2],
    pub(super) ipv6: bool,
    /// Ports that lead elsewhere; no two share a port of one family.
    pub(super) forwards: Vec<NatForward>,
    pub(super) dmz: Option<Ipv4Addr>,
}

impl HostNat {
    /// The part of `nat` for which there are rules.
    fn new(nat: &NatSpec, may_lead: impl Fn(IpAddr) -> bool) -> Option<Self> {
        let mut by_port = ByPort::default();
        let mut forwards = Vec::new();
        for forward in nat.forwards.iter().filter(|forward| may_lead(forward.address)) {
            if by_port.find(forward.protocol, forward.address.is_ipv6(), forward.ports).is_none() {
                by_port.add(forward.clone(), ());
                forwards.push(forward.clone());
            }
        }
        forwards.sort();
        let translates = !nat.internal_interfaces.is_empty() || !nat.internal.is_empty();
        // That a forward must wait does not take the table away from the others.
        let is_wanted = translates || !nat.forwards.is_empty() || nat.dmz.is_some();
        (nat.enable && is_wanted).then(|| Self {
            internal: nat.internal_interfaces.iter().cloned().collect(),
            networks: nat.internal.clone(),
            external: nat.external_interface.clone(),
            source: [nat.external(false), nat.external(true)],
            ipv6: nat.ipv6,
            forwards,
            dmz: nat.dmz.filter(|address| may_lead(IpAddr::V4(*address))),
        })
    }

    /// Whether it translates the connections of a guest with this interface and address.
    pub(super) fn translates(&self, family: Family, interface: &str, address: Option<IpAddr>) -> bool {
        let is_it = |name: &String| match name.strip_suffix('*') {
            Some(start) => interface.starts_with(start),
            None => interface == name,
        };
        let is_from = |address| {
            self.networks.iter().any(|network| {
                network.contains(&Prefix { address, length: if address.is_ipv4() { 32 } else { 128 } })
            })
        };
        (self.ipv6 || !family.is_v6) && (self.internal.iter().any(is_it) || address.is_some_and(is_from))
    }
}

impl Ruleset {
    /// The rules for all that `spec` declares.
    pub fn new(spec: &HostSpec) -> Self {
        Self::of(spec.containers.iter().map(|container| (&container.name, &container.network)), &spec.nat)
    }

    /// The rules for these networks and NAT, which are known before the guests have been built.
    ///
    /// If two forwards take the same connections, which the model refuses, the first one counts.
    pub fn of<'a>(networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>, nat: &NatSpec) -> Self {
        Self::leading(networks, nat, |_, _| true)
    }

    /// Like [`of`](Self::of), without the forwards to addresses for which `may_lead` returns false: those of a container, or
    /// (with `None`) those of `nat`.
    pub fn leading<'a>(
        networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>,
        nat: &NatSpec,
        may_lead: impl Fn(Option<&ContainerName>, IpAddr) -> bool,
    ) -> Self {
        let networks: Vec<_> = networks.into_iter().collect();
        let nat = HostNat::new(nat, |address| may_lead(None, address));
        let mut ruleset = Self { nat, ..Self::default() };
        let from_localhost = ruleset.led_from_localhost();
        let (mut taken, mut claims) = (BTreeSet::new(), Claims::default());
        let mut addresses = BTreeSet::new();
        for (container, network) in networks.iter().copied() {
            let Network::Private(Private { veth: Some(veth), forwards, own_forwards, .. }) = network else {
                continue;
            };
            let link = interface::way_in(container, veth);
            ruleset.links.insert(link.clone());
            if let Some(address) = veth.local4.filter(|address| from_localhost.contains(address)) {
                ruleset.exposed.insert(link.clone());
                addresses.insert(address);
            }
            let v4 = veth.local4.filter(|address| may_lead(Some(container), IpAddr::V4(*address)));
            let v6 = veth.local6.filter(|address| may_lead(Some(container), IpAddr::V6(*address)));
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
            for forward in own_forwards {
                let free = |(is_v6, to): (bool, Option<IpAddr>)| {
                    to.filter(|_| forward.is_for(is_v6) && claims.find(forward, is_v6).is_none())
                };
                let to = [(false, v4.map(IpAddr::V4)), (true, v6.map(IpAddr::V6))].map(free);
                for is_v6 in [false, true].into_iter().filter(|is_v6| to[usize::from(*is_v6)].is_some()) {
                    claims.add(forward.clone(), is_v6, ());
                }
                if to[0].is_some() && forward.takes_localhost() {
                    ruleset.exposed.insert(link.clone());
                }
                if to != [None, None] {
                    ruleset.own.push(OwnTarget { forward: forward.clone(), container: container.clone(), to });
                }
            }
        }
        ruleset.forwards.sort();
        ruleset.own.sort();
        if !ruleset.has_links() {
            ruleset.links.clear();
        }
        ruleset.keep_local(&addresses);
        ruleset.and_isolate(networks, &Self::default())
    }

    /// Keeps the guests of these networks to the host as well, unless NAT is for them, in the families that these rules or the
    /// `planned` ones make the host forward.
    #[must_use]
    pub fn and_isolate<'a>(
        mut self,
        networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>,
        planned: &Self,
    ) -> Self {
        let forwards = [self.forwards_v4() || planned.forwards_v4(), self.forwards_v6() || planned.forwards_v6()];
        let more = isolated(networks, self.nat.as_ref(), forwards);
        for (all, more) in self.alone.iter_mut().zip(more) {
            all.extend(more);
        }
        self
    }

    /// The interfaces of these networks that such rules keep to the host, with this NAT.
    pub fn isolates<'a>(
        &self,
        networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>,
        nat: &NatSpec,
    ) -> BTreeSet<String> {
        let forwards = [self.forwards_v4(), self.forwards_v6()];
        isolated(networks, HostNat::new(nat, |_| true).as_ref(), forwards).into_iter().flatten().collect()
    }

    /// Whether these rules keep all guests to the host that `other` does.
    pub fn isolates_all_of(&self, other: &Self) -> bool {
        self.alone.iter().zip(&other.alone).all(|(own, others)| own.is_superset(others))
    }

    /// The addresses to which forwards of `networking.nat` lead from 127.0.0.1 and the like.
    fn led_from_localhost(&self) -> BTreeSet<Ipv4Addr> {
        let forwards = self.nat_forwards().iter().filter(|to| to.loopback.iter().any(IpAddr::is_loopback));
        forwards
            .filter_map(|to| match to.address {
                IpAddr::V4(address) => Some(address),
                IpAddr::V6(_) => None,
            })
            .collect()
    }

    /// Drops the addresses of `lo` at which a forward would lead nowhere: the kernel lets such packets through to a container only,
    /// and to no other address than `reachable`.
    fn keep_local(&mut self, reachable: &BTreeSet<Ipv4Addr>) {
        for forward in self.nat.iter_mut().flat_map(|nat| &mut nat.forwards) {
            let is_reachable = matches!(forward.address, IpAddr::V4(address) if reachable.contains(&address));
            forward.loopback.retain(|address| !address.is_loopback() || is_reachable);
        }
    }

    /// Whether there are rules about the interfaces of containers.
    pub fn has_links(&self) -> bool {
        !self.forwards.is_empty() || !self.own.is_empty() || !self.exposed.is_empty()
    }

    /// The forwards of `networking.nat`.
    pub fn nat_forwards(&self) -> &[NatForward] {
        self.nat.as_ref().map(|nat| nat.forwards.as_slice()).unwrap_or_default()
    }

    /// The address that everything else from outside leads to.
    pub fn dmz(&self) -> Option<Ipv4Addr> {
        self.nat.as_ref().and_then(|nat| nat.dmz)
    }

    /// Whether `networking.nat` forwards these ports of the host to this address.
    pub fn nat_leads(&self, protocol: Protocol, ports: Ports, address: IpAddr) -> bool {
        self.nat_forwards().iter().any(|forward| {
            let is_one = forward.protocol == protocol && forward.address == address;
            is_one && forward.ports.first <= ports.first && ports.last <= forward.ports.last
        })
    }

    /// The forwards, by protocol and host port.
    pub fn forwards(&self) -> &[Target] {
        &self.forwards
    }

    /// Our own forwards.
    pub fn own_forwards(&self) -> &[OwnTarget] {
        &self.own
    }

    /// Whether one of our own forwards leads these ports of the host to this address.
    pub fn own_leads(&self, protocol: Protocol, ports: Ports, address: IpAddr) -> bool {
        self.own.iter().any(|OwnTarget { forward, to, .. }| {
            let is_one = forward.protocol == protocol && to.contains(&Some(address));
            is_one && forward.ports.first <= ports.first && ports.last <= forward.ports.last
        })
    }

    /// Whether a host port is forwarded to this address.
    pub fn leads(&self, protocol: Protocol, host_port: u16, address: IpAddr) -> bool {
        self.forwards.iter().any(|target| {
            let addresses = [target.v4.map(IpAddr::V4), target.v6.map(IpAddr::V6)];
            (target.protocol, target.host_port) == (protocol, host_port) && addresses.contains(&Some(address))
        })
    }

    /// Whether the host needs no rules, and hence no table.
    pub fn is_empty(&self) -> bool {
        !self.forwards_v4() && self.alone.iter().all(BTreeSet::is_empty)
    }

    /// The sysctls that the rules need to have an effect. Those of an interface exist only while it does, and must be
    /// set again whenever it is created.
    pub fn sysctls(&self) -> Vec<Sysctl> {
        let on = |name: String| Sysctl { name, value: "1".to_owned() };
        let mut sysctls = Vec::new();
        if self.forwards_v4() {
            sysctls.push(on(IPV4_FORWARDING.to_owned()));
        }
        let masquerades = self.nat.as_ref().filter(|nat| nat.ipv6);
        if self.forwards_v6() {
            // A host that forwards ignores router advertisements unless told otherwise, and at once forgets what it
            // learnt from them: so this must be set first. NixOS does the same with `networking.nat.enableIPv6`.
            let external = masquerades.and_then(|nat| nat.external.as_deref()).filter(|name| !name.ends_with('*'));
            sysctls.extend(["all", "default"].into_iter().chain(external).map(accept_ra));
            sysctls.push(on(IPV6_FORWARDING.to_owned()));
        }
        sysctls.extend(self.exposed.iter().map(|link| route_localnet(link, "1")));
        sysctls
    }

    /// Whether the host must forward IPv4 packets.
    fn forwards_v4(&self) -> bool {
        !self.forwards.is_empty() || !self.own.is_empty() || self.nat.is_some()
    }

    /// Whether the host must forward IPv6 packets.
    fn forwards_v6(&self) -> bool {
        self.nat.as_ref().is_some_and(|nat| nat.ipv6)
            || self.forwards.iter().any(|forward| forward.v6.is_some())
            || self.own.iter().any(|target| target.to[1].is_some())
    }

    /// The sysctls that the `former` rules set and these do not need, with their values switched off. Without chain
    /// `guard`, `route_localnet` would let guests reach the host's own loopback services.
    pub fn released(&self, former: &Self) -> Vec<Sysctl> {
        former.exposed.difference(&self.exposed).map(|link| route_localnet(link, "0")).collect()
    }
}

/// The interfaces of these networks that NAT does not translate, by IPv4 and by IPv6, as far as the host `forwards` them.
fn isolated<'a>(
    networks: impl IntoIterator<Item = (&'a ContainerName, &'a Network)>,
    nat: Option<&HostNat>,
    forwards: [bool; 2],
) -> [BTreeSet<String>; 2] {
    let mut alone = [BTreeSet::new(), BTreeSet::new()];
    let pairs = networks.into_iter().flat_map(|(name, network)| interface::pairs(name, network));
    // Machines that are not our guests may be attached to a bridge.
    for pair in pairs.filter(|pair| pair.veth.bridge.is_none()) {
        let (interface, veth) = (pair.host.name, pair.veth);
        let addresses = [veth.local4.map(IpAddr::V4), veth.local6.map(IpAddr::V6)];
        for (family, address) in [V4, V6].into_iter().zip(addresses) {
            let is_v6 = usize::from(family.is_v6);
            if forwards[is_v6] && !nat.is_some_and(|nat| nat.translates(family, &interface, address)) {
                alone[is_v6].insert(interface.clone());
            }
        }
    }
    alone
}

/// The sysctl that makes the host forward IPv4 packets.
pub const IPV4_FORWARDING: &str = "net.ipv4.conf.all.forwarding";
/// The sysctl that makes the host forward IPv6 packets.
pub const IPV6_FORWARDING: &str = "net.ipv6.conf.all.forwarding";

impl Sysctl {
    /// The interface whose `accept_ra` this is (or `all` or `default`): whether it accepts router advertisements.
    pub fn accept_ra(&self) -> Option<&str> {
        self.name.strip_prefix("net.ipv6.conf.")?.strip_suffix(".accept_ra")
    }

    /// Whether it is host-wide, and so exists before any container does.
    pub fn is_of_host(&self) -> bool {
        self.accept_ra().is_some() || [IPV4_FORWARDING, IPV6_FORWARDING].contains(&self.name.as_str())
    }
}

/// The sysctl that makes an interface accept router advertisements although the host forwards.
fn accept_ra(link: &str) -> Sysctl {
    Sysctl { name: format!("net.ipv6.conf.{}.accept_ra", link.replace('.', "/")), value: "2".to_owned() }
}

/// In the dotted form of a sysctl's name, a dot in an interface's name is written as a slash (sysctl.d(5)).
fn route_localnet(link: &str, value: &str) -> Sysctl {
    let name = format!("net.ipv4.conf.{}.route_localnet", link.replace('.', "/"));
    Sysctl { name, value: value.to_owned() }
}
