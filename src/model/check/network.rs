//! Checks the network options of a container.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::{Checker, forward_key, replace};
use crate::diag::{Code, Diagnostic};
use crate::model::path::{At, OptionPath};
use crate::model::spec::{HardwareAddress, Network, Passed, Private, is_interface_name};
use crate::model::{Container, ContainerName, Field, List, network as lower};

/// The options of a veth pair: the container's own or an extra one.
struct Options<'a> {
    bridge: &'a Field<Option<String>>,
    host: [&'a Field<Option<String>>; 2],
    local: [&'a Field<Option<String>>; 2],
    hardware: &'a Field<Option<String>>,
}

impl Checker<'_> {
    /// The network of the container, if all of it is known and valid.
    pub(super) fn network(&mut self, name: &ContainerName, c: &Container, path: At<'_>) -> Option<Network> {
        let private = *self.need(&c.private_network, path.join("privateNetwork"))?;
        let own = Options {
            bridge: &c.host_bridge,
            host: [&c.host_address, &c.host_address6],
            local: [&c.local_address, &c.local_address6],
            hardware: &c.local_mac_address,
        };
        let mut good = self.pair(own, path).is_some();
        good &= self.forwards(c, path).is_some();
        good &= self.extra_veths(name, c, path).is_some();
        for (list, option) in [(&c.macvlans, "macvlans"), (&c.interfaces, "interfaces")] {
            good &= self.passed(list, path.join(option)).is_some();
        }
        good &= self.namespace(c, path).is_some();
        if !good {
            return None;
        }
        if !private {
            let is_set = |field: &Field<Option<String>>| field.known().is_some_and(Option::is_some);
            let some = |list: &List<String>| list.known().is_some_and(|list| !list.is_empty());
            let has_own_interfaces = some(&c.interfaces)
                || some(&c.macvlans)
                || c.extra_veths.known().is_some_and(|veths| !veths.is_empty());
            let has_namespace = matches!(c.network_namespace.known(), Some(Some(_)));
            let help = match c.network_namespace.known() {
                Some(Some(_)) => {
                    "remove it: whoever creates the network namespace gives its interfaces their addresses"
                }
                Some(None) if has_own_interfaces => {
                    "remove it, and set it in the guest, on the interface that it is for: it is about a veth pair, which this \
                     container lacks"
                }
                Some(None) => {
                    "set `privateNetwork = true;`, or remove it: without that the container has no such interface"
                }
                None => "remove it: without `privateNetwork` the container has no such interface",
            };
            for (field, option) in [
                (&c.host_address, "hostAddress"),
                (&c.local_address, "localAddress"),
                (&c.host_address6, "hostAddress6"),
                (&c.local_address6, "localAddress6"),
                (&c.host_bridge, "hostBridge"),
                (&c.local_mac_address, "localMacAddress"),
            ] {
                if is_set(field) {
                    let message = if has_namespace {
                        format!("`{option}` of container `{name}` has no effect with `networkNamespace`")
                    } else {
                        format!("`{option}` of container `{name}` has no effect without `privateNetwork = true`")
                    };
                    let diagnostic = Diagnostic::warning(Code::OptionCombination, message).help(help);
                    self.find(diagnostic, path.join(option));
                }
            }
        }
        let network = lower::network(c);
        if let Some(Network::Private(private)) = &network {
            self.forwards_lead_somewhere(name, c, private, path);
        }
        network
    }

    /// Warns about forwards without a target: they need an address from the configuration.
    fn forwards_lead_somewhere(&mut self, name: &ContainerName, c: &Container, private: &Private, path: At<'_>) {
        let veth = private.veth.as_ref();
        if private.forwards.is_empty() || veth.is_some_and(|veth| veth.local4.is_some() || veth.local6.is_some()) {
            return;
        }
        let path = path.join("forwardPorts");
        let none = |list: &List<String>| list.known().is_some_and(Vec::is_empty);
        let only_pair = c.host_bridge.known() == Some(&None)
            && none(&c.interfaces)
            && none(&c.macvlans)
            && c.extra_veths.known().is_some_and(BTreeMap::is_empty);
        if only_pair {
            let message = format!("container `{name}` forwards ports, but has no address that they could lead to");
            let diagnostic = Diagnostic::warning(Code::OptionCombination, message)
                .help("give it a `localAddress` or `localAddress6`");
            self.find(diagnostic, path);
        } else {
            // The guest may get an address at run time, and nspawn waits for one.
            let message = format!(
                "container `{name}` forwards ports to an address that it is only given while it runs, which is not \
                 supported yet"
            );
            let diagnostic = Diagnostic::error(Code::NotSupported, message)
                .help("give it a `localAddress` or `localAddress6`, or remove `forwardPorts`");
            let located = self.locate(diagnostic, &path.path());
            self.out.unsupported.push(located);
        }
    }

    /// Checks that the options of a pair are known and make sense.
    fn pair(&mut self, options: Options<'_>, path: At<'_>) -> Option<()> {
        let bridge = self.need(options.bridge, path.join("hostBridge")).cloned();
        let is_name = bridge.as_ref().and_then(Option::as_deref);
        let is_name = is_name.is_none_or(|bridge| self.interface_name(bridge, path.join("hostBridge")));
        let bridged = bridge.as_ref().is_none_or(Option::is_some);
        let addresses = [
            self.address::<Ipv4Addr>(options.host[0], path.join("hostAddress"), ("IPv4", None)),
            self.address::<Ipv4Addr>(options.local[0], path.join("localAddress"), ("IPv4", bridged.then_some(32))),
            self.address::<Ipv6Addr>(options.host[1], path.join("hostAddress6"), ("IPv6", None)),
            self.address::<Ipv6Addr>(
                options.local[1],
                path.join("localAddress6"),
                ("IPv6", bridged.then_some(128)),
            ),
        ];
        let hardware = self.need(options.hardware, path.join("localMacAddress"))?;
        if let Some(Err(reason)) = hardware.as_ref().map(|text| text.parse::<HardwareAddress>()) {
            let diagnostic =
                Diagnostic::error(Code::OptionType, reason).help("write one such as `02:00:00:00:00:01`");
            self.find(diagnostic, path.join("localMacAddress"));
            return None;
        }
        (is_name && bridge.is_some() && !addresses.contains(&None)).then_some(())
    }

    /// Rejects other network options beside `networkNamespace`, because that namespace already exists and is complete.
    fn namespace(&mut self, c: &Container, path: At<'_>) -> Option<()> {
        let at = path.join("networkNamespace");
        let Some(namespace) = self.need(&c.network_namespace, at)? else { return Some(()) };
        if !namespace.starts_with('/') || namespace.contains(char::is_control) {
            let message = format!("`{}` is not an absolute path", namespace.escape_debug());
            let diagnostic = Diagnostic::error(Code::OptionType, message)
                .help("a namespace is named by a path, such as `/run/netns/vpn`");
            self.find(diagnostic, at);
            return None;
        }
        let is_set = |list: &List<String>| list.known().is_some_and(|list| !list.is_empty());
        let mut good = true;
        for (set, option) in [
            (c.private_network.known() == Some(&true), "privateNetwork"),
            (is_set(&c.interfaces), "interfaces"),
            (is_set(&c.macvlans), "macvlans"),
            (c.extra_veths.known().is_some_and(|veths| !veths.is_empty()), "extraVeths"),
        ] {
            if set {
                let message = format!("`{at}` and `{option}` exclude each other");
                let diagnostic = Diagnostic::error(Code::OptionCombination, message)
                    .help("remove one of them: whoever creates the namespace also creates its interfaces");
                self.find(diagnostic, path.join(option));
                good = false;
            }
        }
        good.then_some(())
    }

    fn extra_veths(&mut self, name: &ContainerName, c: &Container, path: At<'_>) -> Option<()> {
        let path = path.join("extraVeths");
        let mut good = true;
        for (veth, options) in self.need(&c.extra_veths, path)? {
            let at = path.join(veth);
            let Some(o) = self.need(options, at) else {
                good = false;
                continue;
            };
            good &= self.interface_name(veth, at);
            let options = Options {
                bridge: &o.host_bridge,
                host: [&o.host_address, &o.host_address6],
                local: [&o.local_address, &o.local_address6],
                hardware: &o.local_mac_address,
            };
            good &= self.pair(options, at).is_some();
            if o.forward_ports.known().is_none_or(|forwards| !forwards.is_empty()) {
                let message = format!(
                    "`forwardPorts` of the extra veth `{veth}` of `{name}` has no effect, in NixOS neither"
                );
                let diagnostic = Diagnostic::warning(Code::OptionCombination, message)
                    .help("forward ports to the container itself, or remove it");
                self.find(diagnostic, at.join("forwardPorts"));
            }
        }
        good.then_some(())
    }

    /// Checks that all elements are known and name interfaces.
    fn passed(&mut self, list: &List<String>, path: At<'_>) -> Option<()> {
        let mut good = true;
        for (index, element) in self.need(list, path)?.iter().enumerate() {
            let Some(element) = self.need(element, path) else {
                good = false;
                continue;
            };
            let (host, guest) = element.split_once(':').unwrap_or((element, element));
            if let Some(wrong) = [host, guest].into_iter().find_map(wrong_interface_name) {
                self.find_element(wrong, path, index);
                good = false;
            }
        }
        good.then_some(())
    }

    pub(super) fn interface_name(&mut self, name: &str, path: At<'_>) -> bool {
        let wrong = wrong_interface_name(name);
        let good = wrong.is_none();
        if let Some(wrong) = wrong {
            self.find(wrong, path);
        }
        good
    }

    /// Reports interfaces of the host that two containers claim: the host has only one of each.
    pub(super) fn interfaces_taken_twice(&mut self) {
        let containers = At::root("containers");
        let mut taken: BTreeMap<String, (ContainerName, OptionPath)> = BTreeMap::new();
        let mut parents: Vec<(String, ContainerName, OptionPath)> = Vec::new();
        for (name, c) in &self.manifest.containers {
            let path = containers.join(name.as_str());
            for text in super::known_elements(&c.macvlans) {
                let parent = Passed::parse(text).map(|passed| passed.host);
                parents.extend(parent.map(|parent| (parent, name.clone(), path.join("macvlans").path())));
            }
            let extra = c.extra_veths.known().into_iter().flat_map(BTreeMap::keys);
            let extra = extra.map(|veth| (veth.clone(), path.join("extraVeths").join(veth).path()));
            let interfaces = super::known_elements(&c.interfaces);
            let interfaces =
                interfaces.filter_map(|text| Some((Passed::parse(text)?.host, path.join("interfaces").path())));
            for (interface, at) in extra.chain(interfaces) {
                if let Some((first, there)) = taken.get(&interface) {
                    let message =
                        format!("the interface `{interface}` of the host is given to both `{first}` and `{name}`");
                    let diagnostic =
                        Diagnostic::error(Code::InterfaceName, message).help("give one of them another");
                    self.find_beside(diagnostic, &at, there);
                } else {
                    taken.insert(interface, (name.clone(), at));
                }
            }
        }
        for (parent, name, at) in parents {
            let Some((first, there)) = taken.get(&parent).filter(|(first, _)| *first != name) else { continue };
            let message = format!(
                "`{parent}` of the host is an interface of `{first}`, so that `{name}` can have no macvlan of it"
            );
            let help = "give one of them another interface, or macvlans to both";
            self.find_beside(Diagnostic::error(Code::InterfaceName, message).help(help), &at, there);
        }
    }

    /// Checks that a field is known, and unset or an address. `longest` is the maximal prefix length, or `None` if the address
    /// must not have one.
    fn address<A: FromStr>(
        &mut self,
        field: &Field<Option<String>>,
        path: At<'_>,
        (family, longest): (&str, Option<u8>),
    ) -> Option<()> {
        let Some(text) = self.need(field, path)? else { return Some(()) };
        let is_one = match (longest, text.split_once('/')) {
            (Some(longest), Some((address, length))) => {
                address.parse::<A>().is_ok() && length.parse().is_ok_and(|length: u8| length <= longest)
            }
            _ => text.parse::<A>().is_ok(),
        };
        if is_one {
            return self.is_address_of_a_machine(text, path).then_some(());
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
            let located = self.locate(diagnostic, &path.path());
            self.out.findings.push(located.fix_there(|at| replace(at, text, address)));
            return None;
        }
        self.find(diagnostic, path);
        None
    }

    fn forwards(&mut self, c: &Container, path: At<'_>) -> Option<()> {
        let path = path.join("forwardPorts");
        for element in self.need(&c.forward_ports, path)? {
            let forward = self.need(element, path)?;
            let protocol = self.need(&forward.protocol, path)?;
            self.need(&forward.host_port, path)?;
            self.need(&forward.container_port, path)?;
            if lower::protocol(forward).is_none() {
                let message = format!("cannot forward `{protocol}`: the protocol must be tcp or udp");
                let diagnostic = Diagnostic::error(Code::OptionType, message).help("use `tcp` or `udp`");
                self.find(diagnostic, path.join(&forward_key(forward)).join("protocol"));
                return None;
            }
        }
        Some(())
    }
}

/// Why an interface cannot have this name.
fn wrong_interface_name(name: &str) -> Option<Diagnostic> {
    (!is_interface_name(name)).then(|| {
        let message = format!("`{}` is not a valid interface name", name.escape_debug());
        Diagnostic::error(Code::InterfaceName, message)
            .help("names of interfaces have neither spaces nor `/`, `:` or `\"` in them, and begin with no `@`")
    })
}
