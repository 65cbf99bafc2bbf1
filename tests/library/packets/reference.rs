//! Who answers a packet, said without rules and maps: by going through the declared forwards, as docs/network.md describes them.

use std::fmt;
use std::net::IpAddr;

use container_rebuild::model::spec::{HostSpec, Network, OwnForward, Ports, Prefix, Private, Protocol};
use container_rebuild::render::nft::{IPV4_FORWARDING, IPV6_FORWARDING, Ruleset};

/// A network namespace: the host itself, another machine, or a guest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Machine {
    pub(super) name: &'static str,
    /// The host's interface to it; none is the host itself.
    pub(super) interface: Option<&'static str>,
    pub(super) v4: &'static str,
    pub(super) v6: Option<&'static str>,
    /// The host's addresses at that interface.
    pub(super) host4: &'static str,
    pub(super) host6: &'static str,
    pub(super) is_guest: bool,
}

const fn machine(
    name: &'static str,
    interface: &'static str,
    addresses: (&'static str, Option<&'static str>),
    of_host: (&'static str, &'static str),
    is_guest: bool,
) -> Machine {
    let ((v4, v6), (host4, host6)) = (addresses, of_host);
    Machine { name, interface: Some(interface), v4, v6, host4, host6, is_guest }
}

const LAN: Machine = machine("lan", "eth0", ("10.77.0.20", Some("fd77::20")), ("10.77.0.2", "fd77::2"), false);
const INTERNET: Machine =
    machine("internet", "eth1", ("198.51.100.9", Some("fd51::9")), ("198.51.100.2", "fd51::2"), false);
const HOST: Machine = Machine { name: "host", interface: None, ..LAN };

/// The guests. The last one has no IPv6.
pub(super) const GUESTS: [Machine; 3] = [
    machine("a", "ve-a", ("10.0.0.11", Some("fd00::11")), ("10.0.0.1", "fd00::1"), true),
    machine("b", "ve-b", ("10.0.0.12", Some("fd00::12")), ("10.0.0.2", "fd00::2"), true),
    machine("c", "ve-c", ("10.0.0.13", None), ("10.0.0.3", "fd00::3"), true),
];

pub(super) const MACHINES: [Machine; 6] = [HOST, LAN, INTERNET, GUESTS[0], GUESTS[1], GUESTS[2]];

/// The host's addresses that others send to.
pub(super) const HOST_ADDRESSES: [&str; 5] = ["10.77.0.2", "198.51.100.2", "198.51.100.3", "fd77::2", "fd51::2"];

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The first packet of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe {
    pub(super) from: Machine,
    pub(super) protocol: Protocol,
    pub(super) to: IpAddr,
    pub(super) port: u16,
}

/// What an answer says: who it was, the port at which it was asked, and the address that it saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) who: String,
    pub(super) port: u16,
    pub(super) source: IpAddr,
}

impl Probe {
    /// Whether somebody can send it, and the answer depends on us. Without rules that need it, it is up to others whether the host
    /// forwards what is not for itself. What comes from outside may be led elsewhere whatever its destination is (`dmzHost`), so only
    /// guests ask others than the host.
    pub(super) fn is_possible(&self, rules: &Ruleset) -> bool {
        let is_v6 = self.to.is_ipv6();
        let has_address = !is_v6 || self.from.v6.is_some();
        has_address
            && match is_of_host(self.to) {
                true => !self.to.is_loopback() || self.from == HOST,
                false => self.from.is_guest && holder(self.to) != self.from && forwards(rules, is_v6),
            }
    }

    /// The source address before anything translates it.
    fn source(&self) -> IpAddr {
        match self.from.interface {
            // The kernel talks to the host's own addresses from the same address, or from the first one of an interface to the others.
            None => self.to,
            Some(_) => self.from.address(self.to.is_ipv6()),
        }
    }
}

impl Machine {
    fn address(&self, is_v6: bool) -> IpAddr {
        let text = if is_v6 { self.v6.expect("it has IPv6") } else { self.v4 };
        text.parse().expect("an address")
    }

    /// The host's address at its interface.
    fn of_host(&self, is_v6: bool) -> IpAddr {
        (if is_v6 { self.host6 } else { self.host4 }).parse().expect("an address")
    }
}

fn is_of_host(address: IpAddr) -> bool {
    address.is_loopback() || HOST_ADDRESSES.iter().any(|text| text.parse() == Ok(address))
}

/// The machine other than the host that has an address.
fn holder(address: IpAddr) -> Machine {
    let has = |machine: &&Machine| {
        machine.interface.is_some()
            && (machine.v4.parse() == Ok(address) || machine.v6.and_then(|it| it.parse().ok()) == Some(address))
    };
    *MACHINES.iter().find(has).expect("somebody has it")
}

/// Who answers, if anybody does.
pub(super) fn answer(spec: &HostSpec, probe: &Probe) -> Option<Answer> {
    let is_v6 = probe.to.is_ipv6();
    let led = is_of_host(probe.to).then(|| led(spec, probe)).flatten();
    let (to, port) = led.unwrap_or((probe.to, probe.port));
    if is_of_host(to) {
        return Some(Answer { who: HOST.name.to_owned(), port, source: probe.source() });
    }
    let holder = holder(to);
    if led.is_none() && !is_routed(spec, &probe.from, &holder, is_v6) {
        return None;
    }
    let from_host = Some(holder.of_host(is_v6));
    let is_between_guests = probe.from.is_guest && holder.is_guest && led.is_some();
    let by_host = match (led, probe.to.is_loopback() && holder.is_guest) {
        (_, true) => from_host,
        _ if is_between_guests && leads_to_guests(spec) => from_host,
        (Some(led), _) if returns(spec, probe, led) => from_host,
        _ => translated(spec, &probe.from, holder, is_v6),
    };
    Some(Answer { who: holder.name.to_owned(), port, source: by_host.unwrap_or(probe.source()) })
}

fn networks(spec: &HostSpec) -> impl Iterator<Item = (&Private, Machine)> {
    spec.containers.iter().filter_map(|container| {
        let guest = GUESTS.iter().find(|guest| guest.name == container.name.as_str())?;
        match &container.network {
            Network::Private(private) => Some((private, *guest)),
            _ => None,
        }
    })
}

fn leads_to_guests(spec: &HostSpec) -> bool {
    networks(spec).any(|(private, _)| !private.forwards.is_empty() || !private.own_forwards.is_empty())
}

/// Where a packet to the host is led, if anywhere.
fn led(spec: &HostSpec, probe: &Probe) -> Option<(IpAddr, u16)> {
    let is_v6 = probe.to.is_ipv6();
    let has_family = |guest: &Machine| !is_v6 || guest.v6.is_some();
    let mut own: Vec<_> = networks(spec)
        .filter(|(_, guest)| has_family(guest))
        .flat_map(|(private, guest)| private.own_forwards.iter().map(move |forward| (forward, guest)))
        .filter(|(forward, _)| takes(forward, probe))
        .collect();
    // The one that asks for more goes first.
    own.sort_by_key(|(it, _)| (it.at.is_none(), it.interface.is_none(), it.sources.is_empty(), it.hairpin));
    if let Some((forward, guest)) = own.first() {
        return Some((guest.address(is_v6), lead(forward.ports, forward.to, probe.port)));
    }
    for (private, guest) in networks(spec).filter(|(_, guest)| has_family(guest)) {
        let of_port =
            private.forwards.iter().find(|it| (it.protocol, it.host_port) == (probe.protocol, probe.port));
        if let Some(forward) = of_port.filter(|_| probe.to != IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)) {
            return Some((guest.address(is_v6), forward.container_port));
        }
    }
    let nat = &spec.nat;
    if !nat.enable || (is_v6 && !nat.ipv6) {
        return None;
    }
    let is_external = |interface: Option<&str>| {
        interface.is_some() && nat.external_interface.as_deref().is_none_or(|it| Some(it) == interface)
    };
    let by_external = is_external(probe.from.interface);
    let at_external = nat.external(is_v6).is_none_or(|it| it == probe.to);
    let mut forwards = nat.forwards.iter().filter(|it| it.address.is_ipv6() == is_v6);
    let wanted = forwards.find(|forward| {
        let is_port = forward.protocol == probe.protocol && has(forward.ports, probe.port);
        // What comes from 127.0.0.1 can be led to guests alone.
        let at =
            forward.loopback.contains(&probe.to) && (!probe.to.is_loopback() || holder(forward.address).is_guest);
        is_port && (at || by_external && at_external)
    });
    match (wanted, nat.dmz) {
        (Some(forward), _) => Some((forward.address, lead(forward.ports, forward.to, probe.port))),
        (None, Some(dmz)) if !is_v6 && by_external => Some((dmz.into(), probe.port)),
        _ => None,
    }
}

fn takes(forward: &OwnForward, probe: &Probe) -> bool {
    let from = alone(probe.source());
    let is_v6 = probe.to.is_ipv6();
    let loopback6 = is_v6 && probe.to.is_loopback();
    forward.protocol == probe.protocol
        && has(forward.ports, probe.port)
        && forward.at.is_none_or(|at| at == probe.to)
        && forward.interface.as_deref().is_none_or(|it| Some(it) == probe.from.interface)
        && (forward.sources.is_empty() || forward.sources.iter().any(|it| it.contains(&from)))
        && (forward.hairpin || !probe.from.is_guest)
        && !loopback6
}

fn has(ports: Ports, port: u16) -> bool {
    (ports.first..=ports.last).contains(&port)
}

/// The network of one address.
fn alone(address: IpAddr) -> Prefix {
    address.to_string().parse().expect("a network")
}

/// The port to which a port is led: the one with the same position, or the only one.
fn lead(from: Ports, to: Ports, port: u16) -> u16 {
    if to.count() == 1 { to.first } else { to.first + (port - from.first) }
}

/// Whether the answer of a target of `loopbackIPs` must come back through the host.
fn returns(spec: &HostSpec, probe: &Probe, (address, port): (IpAddr, u16)) -> bool {
    let nat = &spec.nat;
    let is_target = nat.forwards.iter().any(|it| {
        !it.loopback.is_empty() && it.protocol == probe.protocol && it.address == address && has(it.to, port)
    });
    let is_on = nat.enable && (address.is_ipv4() || nat.ipv6);
    is_on
        && is_target
        && (nat.external_interface.is_none() || nat.external_interface.as_deref() != probe.from.interface)
}

/// The source address that networking.nat gives to what goes from a machine to another, if it translates that.
fn translated(spec: &HostSpec, from: &Machine, to: Machine, is_v6: bool) -> Option<IpAddr> {
    let nat = &spec.nat;
    let leaves = nat.external_interface.as_deref().is_none_or(|it| Some(it) == to.interface);
    (leaves && is_inside(spec, from, is_v6)).then(|| nat.external(is_v6).unwrap_or(to.of_host(is_v6)))
}

/// Whether networking.nat is for a machine.
fn is_inside(spec: &HostSpec, machine: &Machine, is_v6: bool) -> bool {
    let nat = &spec.nat;
    let Some(interface) = machine.interface else { return false };
    let is_internal = nat.internal_interfaces.iter().any(|it| match it.strip_suffix('*') {
        Some(start) => interface.starts_with(start),
        None => it == interface,
    });
    let has_network = || nat.internal.iter().any(|it| it.contains(&alone(machine.address(is_v6))));
    nat.enable && (!is_v6 || nat.ipv6) && (is_internal || has_network())
}

/// Whether the host routes what one machine sends to another, and no forward leads: a guest without NAT reaches the host alone, and
/// is reached by what has NAT.
fn is_routed(spec: &HostSpec, from: &Machine, to: &Machine, is_v6: bool) -> bool {
    let is_alone = |machine: &Machine| machine.is_guest && !is_inside(spec, machine, is_v6);
    from.interface.is_none() || (!is_alone(from) && (!is_alone(to) || is_inside(spec, from, is_v6)))
}

/// Whether these rules make the host forward packets of a family.
fn forwards(rules: &Ruleset, is_v6: bool) -> bool {
    let name = if is_v6 { IPV6_FORWARDING } else { IPV4_FORWARDING };
    rules.sysctls().iter().any(|sysctl| sysctl.name == name)
}
