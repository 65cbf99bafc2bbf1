//! Checks `networking.nat`.

use std::net::{IpAddr, SocketAddr};

use super::container_forwards::{ContainerForward, container_forwards};
use super::{Checker, known_elements, plain, texts};
use crate::diag::{Code, Diagnostic};
use crate::model::nat::{self, ByPort, KnownForward, nat_forward_key};
use crate::model::path::{At, OptionPath};
use crate::model::spec::{NatForward, Ports};
use crate::model::{Container, Field, ForwardPort, List, Nat, NatForward as Written};
use crate::source::Span;

impl Checker<'_> {
    pub(super) fn nat(&mut self) {
        let nat = &self.manifest.networking.nat;
        let networking = At::root("networking");
        let path = networking.join("nat");
        let enable = self.need(&nat.enable, path.join("enable")).copied();
        let internal = self.list(&nat.internal_interfaces, path.join("internalInterfaces"));
        let external = self.need(&nat.external_interface, path.join("externalInterface")).cloned();
        let ipv6 = self.need(&nat.enable_ipv6, path.join("enableIPv6")).copied();
        self.nat_needs_a_way_out(path);
        let internal = internal.iter().flatten().map(|name| (name, "internalInterfaces"));
        let external = external.iter().flatten().map(|name| (name, "externalInterface"));
        for (name, option) in internal.chain(external) {
            let stem = name.strip_suffix(['+', '*']).unwrap_or(name);
            // `*` alone matches every interface.
            if !stem.is_empty() {
                self.interface_name(stem, path.join(option));
            }
        }
        // NixOS ignores all other options of a NAT that is off.
        if enable != Some(false) {
            self.nat_networks(&nat.internal_ips, path.join("internalIPs"), false);
            self.nat_networks(&nat.internal_ipv6s, path.join("internalIPv6s"), true);
            self.nat_address(&nat.external_ip, path.join("externalIP"), false);
            self.nat_address(&nat.external_ipv6, path.join("externalIPv6"), true);
            self.nat_address(&nat.dmz_host, path.join("dmzHost"), false);
            self.nat_forwards(path.join("forwardPorts"));
        }
        if enable == Some(true) && ipv6 == Some(false) {
            self.nat_needs_ipv6(nat, path);
        }
        self.out.spec.nat = nat::lower(nat).unwrap_or_default();
    }

    /// Checks what NixOS asserts about `networking.nat`.
    fn nat_needs_a_way_out(&mut self, path: At<'_>) {
        let nat = &self.manifest.networking.nat;
        if nat.enable.known() != Some(&true) || nat.external_interface.known() != Some(&None) {
            return;
        }
        let forwards = nat.forward_ports.known().is_some_and(|forwards| !forwards.is_empty());
        for (set, option) in
            [(forwards, "forwardPorts"), (nat.dmz_host.known().is_some_and(Option::is_some), "dmzHost")]
        {
            if set {
                let message = format!("`networking.nat.{option}` needs `networking.nat.externalInterface`");
                let diagnostic = Diagnostic::error(Code::OptionCombination, message).help(
                    "name the interface that the packets come in by; NixOS does not build the host without it",
                );
                self.find(diagnostic, path.join(option));
            }
        }
    }

    fn nat_networks(&mut self, list: &List<String>, path: At<'_>, is_v6: bool) {
        self.list(list, path);
        for (index, text) in texts(list) {
            if let Err(wrong) = nat::network(text, is_v6) {
                self.find_element(wrong, path, index);
            }
        }
    }

    fn nat_address(&mut self, field: &Field<Option<String>>, path: At<'_>, is_v6: bool) {
        if let Some(Some(text)) = self.need(field, path)
            && let Err(wrong) = nat::host_address(text, is_v6)
        {
            self.find(wrong, path);
        }
    }

    fn nat_forwards(&mut self, path: At<'_>) {
        let manifest = self.manifest;
        let Some(forwards) = self.need(&manifest.networking.nat.forward_ports, path) else { return };
        let mut taken = ByPort::default();
        for (index, element) in forwards.iter().enumerate() {
            let Some(written) = self.need(element, path) else { continue };
            let key = nat_forward_key(written);
            let at = path.join(&key);
            self.need(&written.source_port, at.join("sourcePort"));
            self.need(&written.destination, at.join("destination"));
            self.need(&written.proto, at.join("proto"));
            self.list(&written.loopback_ips, at.join("loopbackIPs"));
            let Some(known) = KnownForward::of(written) else { continue };
            let forward = match known.parse() {
                Ok(forward) => forward,
                Err(wrong) => {
                    for (option, wrong) in wrong {
                        self.find_in_forward(wrong, at.join(option), index);
                    }
                    continue;
                }
            };
            self.loopback_leads_somewhere(&forward, at, index);
            let path = at.join("sourcePort").path();
            match taken.find(forward.protocol, forward.address.is_ipv6(), forward.ports) {
                Some((other, _)) if other.is_repeated(&forward) => {}
                Some((other, there)) => {
                    let (message, help) = taken_twice(&forward, other);
                    let diagnostic = Diagnostic::error(Code::PortTaken, message).help(help);
                    self.find_beside(diagnostic, &path, there);
                }
                None => taken.add(forward, path),
            }
        }
    }

    /// Reports a finding about an option of a forward; without a definition of its own, the list's element is shown.
    fn find_in_forward(&mut self, diagnostic: Diagnostic, at: At<'_>, index: usize) {
        let list = OptionPath::new(["networking", "nat", "forwardPorts"]);
        let span = match self.among_namesakes(&list, index) {
            Some(span) => Some(span),
            None => self.spans.element(&list, index).filter(|_| !self.spans.contains(&at.path())),
        };
        match span {
            Some(span) => self.out.findings.push(diagnostic.at(span, "")),
            None => self.find(diagnostic, at),
        }
    }

    /// The span of a forward that shares its port, and so its name in paths, with another, such as one of the other family.
    fn among_namesakes(&self, list: &OptionPath, index: usize) -> Option<Span> {
        let forwards = self.manifest.networking.nat.forward_ports.known()?;
        let key = nat_forward_key(forwards.get(index)?.known()?);
        let is_namesake = |it: &&Field<Written>| it.known().is_some_and(|it| nat_forward_key(it) == key);
        let before = forwards.iter().take(index).filter(is_namesake).count();
        let spans = self.spans.all(&list.join(&key).join("destination"));
        spans.get(before).copied().filter(|_| spans.len() > 1)
    }

    /// Warns about an address of `lo`. Only the interface of a container lets such packets through.
    fn loopback_leads_somewhere(&mut self, forward: &NatForward, at: At<'_>, index: usize) {
        let manifest = self.manifest;
        let is_of_container = || manifest.containers.values().any(|c| has_address(c, forward.address));
        for address in forward.loopback.iter().filter(|address| address.is_loopback()) {
            if address.is_ipv6() || !is_of_container() {
                let why = match address.is_ipv6() {
                    true => "the kernel sends no packet for it out of the host",
                    false => "only ports that lead to a container are forwarded there",
                };
                let message = format!("`{address}` in `loopbackIPs` has no effect, in NixOS neither: {why}");
                let diagnostic = Diagnostic::warning(Code::OptionCombination, message)
                    .help("name another address of the host, or remove it");
                self.find_in_forward(diagnostic, at.join("loopbackIPs"), index);
            }
        }
    }

    /// Warns about options of IPv6 that NixOS ignores without a word.
    fn nat_needs_ipv6(&mut self, nat: &Nat, path: At<'_>) {
        let help = "set `networking.nat.enableIPv6 = true;`, or remove it";
        let warning = |what: String| {
            let message =
                format!("{what} has no effect, in NixOS neither: `networking.nat.enableIPv6` is off, its default");
            Diagnostic::warning(Code::OptionCombination, message).help(help)
        };
        for (set, option) in [
            (nat.external_ipv6.known().is_some_and(Option::is_some), "externalIPv6"),
            (nat.internal_ipv6s.known().is_some_and(|list| !list.is_empty()), "internalIPv6s"),
        ] {
            if set {
                self.find(warning(format!("`networking.nat.{option}`")), path.join(option));
            }
        }
        let forwards = path.join("forwardPorts");
        for (index, written) in nat.forward_ports.known().into_iter().flatten().enumerate() {
            let Some(written) = written.known() else { continue };
            let forward = KnownForward::of(written).and_then(|known| known.parse().ok());
            if let Some(NatForward { ports, address, .. }) = forward.filter(|forward| forward.address.is_ipv6()) {
                let key = nat_forward_key(written);
                let diagnostic = warning(format!("the forward of port {ports} to {address}"));
                self.find_in_forward(diagnostic, forwards.join(&key).join("destination"), index);
            }
        }
    }

    /// Reports host ports that both a container and `networking.nat` forward, unless both lead to the same port.
    pub(super) fn taken_by_nat(&mut self) {
        let manifest = self.manifest;
        let nat = &manifest.networking.nat;
        let Some(spec) = nat::at_least(nat).filter(|spec| spec.enable) else { return };
        let mut by_port = ByPort::default();
        for written in known_elements(&nat.forward_ports) {
            let forward = KnownForward::of(written).and_then(|known| known.parse().ok());
            if let Some(forward) = forward.filter(|forward| spec.ipv6 || forward.address.is_ipv4())
                && by_port.find(forward.protocol, forward.address.is_ipv6(), forward.ports).is_none()
            {
                by_port.add(forward, nat_forward_key(written));
            }
        }
        for forwarded in container_forwards(manifest) {
            let ContainerForward { name, container, forward, protocol, host_port: port } = forwarded;
            let of_nat = [false, true].into_iter().filter_map(|v6| by_port.find(protocol, v6, Ports::one(port)));
            let mut of_nat = of_nat.filter(|(other, _)| leads_elsewhere(other, container, forward, port));
            let Some((other, key)) = of_nat.next() else { continue };
            let protocol = protocol.as_str();
            let to = SocketAddr::new(other.address, other.to_port(port).unwrap_or(port));
            let message = format!(
                "host port {port}/{protocol} is forwarded to `{name}`, and by `networking.nat.forwardPorts` to {to}"
            );
            let diagnostic =
                Diagnostic::error(Code::PortTaken, message).help("give one of them another port of the host");
            let there = OptionPath::new(["networking", "nat", "forwardPorts", key, "sourcePort"]);
            self.find_beside(diagnostic, &forwarded.path().join("hostPort"), &there);
        }
    }
}

/// What is wrong with two forwards that share ports.
fn taken_twice(forward: &NatForward, other: &NatForward) -> (String, &'static str) {
    let protocol = forward.protocol.as_str();
    let shared = forward.ports.shared(other.ports);
    let to = |forward: &NatForward| {
        let port = forward.to_port(shared.first).unwrap_or(shared.first);
        SocketAddr::new(forward.address, port)
    };
    if to(forward) == to(other) {
        let message = format!("host port {shared}/{protocol} is forwarded twice by `networking.nat.forwardPorts`");
        return (message, "remove one of them, or let the ranges end before each other");
    }
    let message = format!(
        "host port {shared}/{protocol} is forwarded by `networking.nat.forwardPorts` to both {} and {}",
        to(other),
        to(forward)
    );
    (message, "give one of them another `sourcePort`")
}

/// Whether `other` leads a host port that a container forwards elsewhere.
fn leads_elsewhere(other: &NatForward, container: &Container, forward: &ForwardPort, port: u16) -> bool {
    let to = other.to_port(port);
    let local = if other.address.is_ipv6() { &container.local_address6 } else { &container.local_address };
    match local.known() {
        // Without an address of this family, the container forwards nothing of it.
        Some(Some(text)) => {
            let container_port = forward.container_port.known().map(|container| container.unwrap_or(port));
            plain(text).is_some_and(|address| address != other.address)
                || container_port.is_some_and(|container_port| Some(container_port) != to)
        }
        Some(None) | None => false,
    }
}

/// Whether packets for the address reach the container by a pair of its own.
fn has_address(container: &Container, address: IpAddr) -> bool {
    let is_it =
        |field: &Field<Option<String>>| field.known().and_then(|text| plain(text.as_deref()?)) == Some(address);
    container.private_network.known() == Some(&true)
        && [&container.local_address, &container.local_address6].into_iter().any(is_it)
}
