//! What is wrong with the network of a container.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::{Checker, forward_key};
use crate::diag::{Code, Diagnostic};
use crate::model::path::OptionPath;
use crate::model::spec::{Network, Private};
use crate::model::{Container, ContainerName, Field, List, network as lower};

impl Checker<'_> {
    /// The network, where nothing of it is unknown or wrong.
    pub(super) fn network(&mut self, name: &ContainerName, c: &Container, path: &OptionPath) -> Option<Network> {
        let private = *self.need(&c.private_network, path.join("privateNetwork"))?;
        let bridge = self.need(&c.host_bridge, path.join("hostBridge")).cloned();
        let bridged = bridge.as_ref().is_none_or(Option::is_some);
        let addresses = [
            self.address::<Ipv4Addr>(&c.host_address, path.join("hostAddress"), ("IPv4", None)),
            self.address::<Ipv4Addr>(&c.local_address, path.join("localAddress"), ("IPv4", bridged.then_some(32))),
            self.address::<Ipv6Addr>(&c.host_address6, path.join("hostAddress6"), ("IPv6", None)),
            self.address::<Ipv6Addr>(
                &c.local_address6,
                path.join("localAddress6"),
                ("IPv6", bridged.then_some(128)),
            ),
        ];
        let forwards = self.forwards(c, path);
        let wrong = addresses.contains(&None) || bridge.is_none() || forwards.is_none();
        if wrong {
            return None;
        }
        if !private {
            let is_set = |field: &Field<Option<String>>| field.known().is_some_and(Option::is_some);
            for (field, option) in [
                (&c.host_address, "hostAddress"),
                (&c.local_address, "localAddress"),
                (&c.host_address6, "hostAddress6"),
                (&c.local_address6, "localAddress6"),
                (&c.host_bridge, "hostBridge"),
            ] {
                if is_set(field) {
                    let message =
                        format!("`{option}` of container `{name}` has no effect without `privateNetwork = true`");
                    let diagnostic = Diagnostic::warning(Code::OptionCombination, message).help(
                        "set `privateNetwork = true;`, or remove it: the container uses the host's own network",
                    );
                    self.find(diagnostic, &path.join(option));
                }
            }
        }
        let network = lower::network(c);
        if let Some(Network::Private(private)) = &network {
            self.forwards_lead_somewhere(name, c, private, path);
        }
        network
    }

    /// A forward needs an address to lead to, and that has to stand in the configuration.
    fn forwards_lead_somewhere(
        &mut self,
        name: &ContainerName,
        c: &Container,
        private: &Private,
        path: &OptionPath,
    ) {
        let veth = private.veth.as_ref();
        if private.forwards.is_empty() || veth.is_some_and(|veth| veth.local4.is_some() || veth.local6.is_some()) {
            return;
        }
        let path = path.join("forwardPorts");
        let none = |list: &List<String>| list.known().is_some_and(Vec::is_empty);
        let only_pair = c.host_bridge.known() == Some(&None)
            && none(&c.interfaces)
            && none(&c.macvlans)
            && c.extra_veths.known().is_some_and(std::collections::BTreeMap::is_empty);
        if only_pair {
            let message = format!("container `{name}` forwards ports, but has no address that they could lead to");
            let diagnostic = Diagnostic::warning(Code::OptionCombination, message)
                .help("give it a `localAddress` or `localAddress6`");
            self.find(diagnostic, &path);
        } else {
            // It may be given an address later, and nspawn waits for one.
            let message = format!(
                "container `{name}` forwards ports to an address that it is only given while it runs, which is not \
                 supported yet"
            );
            let diagnostic = Diagnostic::error(Code::NotSupported, message)
                .help("give it a `localAddress` or `localAddress6`, or remove `forwardPorts`");
            let placed = self.place(diagnostic, &path);
            self.out.unsupported.push(placed);
        }
    }

    /// Whether a field is known and an address or nothing; `longest` is how many bits its prefix may have, where it may
    /// have one. `None` when it is not.
    fn address<A: FromStr>(
        &mut self,
        field: &Field<Option<String>>,
        path: OptionPath,
        (family, longest): (&str, Option<u8>),
    ) -> Option<()> {
        let Some(text) = self.need(field, path.clone())?.clone() else { return Some(()) };
        let is_one = match (longest, text.split_once('/')) {
            (Some(longest), Some((address, length))) => {
                address.parse::<A>().is_ok() && length.parse().is_ok_and(|length: u8| length <= longest)
            }
            _ => text.parse::<A>().is_ok(),
        };
        if is_one {
            return Some(());
        }
        let example = if family == "IPv6" { "fd00::11" } else { "192.168.100.11" };
        let mut diagnostic = Diagnostic::error(Code::AddressSyntax, format!("`{text}` is no {family} address"))
            .help(format!("write one such as `{example}`"));
        if let (None, Some((address, length))) = (longest, text.split_once('/'))
            && address.parse::<A>().is_ok()
        {
            let message = format!("`{path}` is an address without a prefix length, but `{text}` has `/{length}`");
            diagnostic = Diagnostic::error(Code::AddressSyntax, message)
                .help(format!("write `{address}`; a prefix length is for containers on a bridge"));
        }
        self.find(diagnostic, &path);
        None
    }

    fn forwards(&mut self, c: &Container, path: &OptionPath) -> Option<()> {
        let path = path.join("forwardPorts");
        for element in self.need(&c.forward_ports, path.clone())?.clone() {
            let forward = self.need(&element, path.clone())?.clone();
            let protocol = self.need(&forward.protocol, path.clone())?.clone();
            self.need(&forward.host_port, path.clone())?;
            self.need(&forward.container_port, path.clone())?;
            if lower::protocol(&forward).is_none() {
                let message = format!("`{protocol}` is no protocol that can be forwarded");
                let diagnostic = Diagnostic::error(Code::OptionType, message).help("use `tcp` or `udp`");
                self.find(diagnostic, &path.join(forward_key(&forward)).join("protocol"));
                return None;
            }
        }
        Some(())
    }
}
