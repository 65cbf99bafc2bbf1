//! Checks our own forwards, `services.container-rebuild.containers.<name>.forwards`.

use serde_json::Value;

use super::container_forwards::container_forwards;
use super::{Checker, known_elements};
use crate::diag::{Code, Diagnostic};
use crate::model::nat::{self, ByPort, KnownForward, nat_forward_key};
use crate::model::own_forward::{self, Claims};
use crate::model::path::OptionPath;
use crate::model::settings::{CONTAINERS, Setting};
use crate::model::spec::OwnForward;
use crate::model::{Container, ContainerName, Field};

impl Checker<'_> {
    /// The forwards of a set, by their names; `None` if one is unknown. Those that are wrong are reported.
    pub(super) fn own_forwards(
        &mut self,
        name: &ContainerName,
        value: &Value,
        path: &OptionPath,
    ) -> Option<Vec<OwnForward>> {
        let mut forwards = Vec::new();
        let mut is_known = true;
        for (forward, value) in self.set(value, path)? {
            let path = path.join(forward);
            let Some(options) = self.set(value, &path) else {
                is_known = false;
                continue;
            };
            let mut unknown = false;
            for (option, value) in options {
                let elements = value.as_array().into_iter().flatten();
                for value in [value].into_iter().chain(elements) {
                    unknown |= self.is_unknown(value, &path.join(option));
                }
            }
            if unknown {
                is_known = false;
                continue;
            }
            match OwnForward::parse(options) {
                Ok(forward) => forwards.push(forward),
                Err(wrong) => {
                    for (option, diagnostic) in wrong {
                        let path = if option.is_empty() { path.clone() } else { path.join(&option) };
                        self.wrong(diagnostic, &path);
                    }
                }
            }
        }
        let container = self.manifest.containers.get(name);
        if let Some(container) = container.filter(|_| !forwards.is_empty()) {
            self.leads_to_guest(name, container, path);
        }
        is_known.then_some(forwards)
    }

    /// Reports forwards to a guest that has no address for them.
    fn leads_to_guest(&mut self, name: &ContainerName, container: &Container, path: &OptionPath) {
        let is_none = |field: &Field<Option<String>>| field.known() == Some(&None);
        let message = match container.private_network.known() {
            Some(false) => format!("`{name}` has no network of its own, so no port can lead to it"),
            Some(true) if is_none(&container.local_address) && is_none(&container.local_address6) => {
                format!("`{name}` has no address that ports could lead to")
            }
            _ => return,
        };
        let help = match container.private_network.known() {
            Some(false) => "set `privateNetwork = true;` and a `localAddress`, or remove the forwards",
            _ => "give it a `localAddress` or `localAddress6`",
        };
        self.wrong(Diagnostic::error(Code::OptionCombination, message).help(help), path);
    }

    /// Reports forwards that take the same connections: two of ours, or one without conditions and one of NixOS's options.
    pub(super) fn taken_by_own_forwards(&mut self) {
        let manifest = self.manifest;
        let mut claims = Claims::default();
        let mut found = Vec::new();
        let all = manifest.containers.iter().filter(|(_, it)| it.private_network.known() == Some(&true));
        for (name, container) in all {
            let Some(settings) = manifest.services.settings(name.as_str()) else { continue };
            let forwards = settings.get(Setting::Forwards.name()).and_then(Value::as_object).into_iter().flatten();
            for (key, value) in forwards {
                let Some(forward) = own_forward::known(value) else { continue };
                let path = path(name).join(key);
                let families = [(false, &container.local_address), (true, &container.local_address6)];
                let families = families.into_iter().filter(|(_, address)| matches!(address.known(), Some(Some(_))));
                let mut is_first = true;
                for (is_v6, _) in families.filter(|(is_v6, _)| forward.is_for(*is_v6)) {
                    if let Some((other, there)) = claims.find(&forward, is_v6).filter(|_| is_first) {
                        found.push((taken(&forward, other), path.clone(), OptionPath::clone(there)));
                        is_first = false;
                    }
                    claims.add(forward.clone(), is_v6, path.clone());
                }
            }
        }
        for (diagnostic, path, there) in found {
            self.find_beside(diagnostic, &path.join("hostPort"), &there.join("hostPort"));
        }
        self.taken_by_plain_forwards(&claims);
    }

    /// Reports ports that an option of NixOS forwards, and one of ours for every connection as well.
    fn taken_by_plain_forwards(&mut self, claims: &Claims<OptionPath>) {
        let manifest = self.manifest;
        let mut found = Vec::new();
        let mut compare = |forward: OwnForward, families: &[bool], there: OptionPath| {
            let other = families.iter().find_map(|is_v6| claims.find(&forward, *is_v6));
            found.extend(other.map(|(other, path)| (taken(other, &forward), path.clone(), there)));
        };
        for forwarded in container_forwards(manifest) {
            compare(OwnForward::of_port(forwarded.protocol, forwarded.host_port), &[false, true], forwarded.path());
        }
        let nat = &manifest.networking.nat;
        let spec = nat::at_least(nat).filter(|spec| spec.enable);
        let mut seen = ByPort::default();
        for written in known_elements(&nat.forward_ports) {
            let forward = KnownForward::of(written).and_then(|known| known.parse().ok());
            let is_v6 = forward.as_ref().is_some_and(|forward| forward.address.is_ipv6());
            let Some(forward) = forward.filter(|_| spec.as_ref().is_some_and(|spec| spec.ipv6 || !is_v6)) else {
                continue;
            };
            if seen.find(forward.protocol, is_v6, forward.ports).is_none() {
                let key = nat_forward_key(written);
                let there = OptionPath::new(["networking", "nat", "forwardPorts", &key]);
                let all = OwnForward {
                    ports: forward.ports,
                    ..OwnForward::of_port(forward.protocol, forward.ports.first)
                };
                compare(all, &[is_v6], there);
                seen.add(forward, ());
            }
        }
        for (diagnostic, path, there) in found {
            self.find_beside(diagnostic, &path.join("hostPort"), &there);
        }
    }
}

/// The path of a container's own forwards.
fn path(name: &ContainerName) -> OptionPath {
    OptionPath::new(["services", "container-rebuild", CONTAINERS, name.as_str(), Setting::Forwards.name()])
}

fn taken(forward: &OwnForward, other: &OwnForward) -> Diagnostic {
    let shared = forward.ports.shared(other.ports);
    let protocol = forward.protocol.as_str();
    let message = format!("host port {shared}/{protocol} is forwarded twice for the same connections");
    let help = "give one of them another `hostPort`, or another `hostAddress`, `interface` or `sources`";
    Diagnostic::error(Code::PortTaken, message).help(help)
}
