//! Moves the containers of a trial out of the way of those that the host has.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use super::port_set::{self, PortSet};
use crate::model::own_forward;
use crate::model::settings::{CONTAINERS, Setting};
use crate::model::spec::{Network, OwnForward, Ports, Protocol};
use crate::model::{Container, ContainerName, Field, ForwardPort, Manifest};
use crate::state::Snapshot;

/// The longest name with which a network of its own has an interface of the whole name (`ve-NAME`, 15 bytes).
const LONGEST: usize = 11;
/// The lowest port that a moved forward may get: those below are for services of the system.
const FIRST_PORT: u16 = 1024;

/// What the host's containers have, and those of a trial cannot have as well.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Taken {
    /// The names of containers, machines and kept roots.
    names: BTreeSet<String>,
    /// The addresses of guests and of the host.
    addresses: BTreeSet<IpAddr>,
    /// The ports of the host that are forwarded.
    ports: PortSet,
}

impl Taken {
    pub(super) fn on(snapshot: &Snapshot) -> Self {
        let mut taken = Self::default();
        let roots = snapshot.roots.iter().flat_map(BTreeMap::keys);
        let recorded = snapshot.generation.iter().flat_map(|generation| &generation.records);
        let names = snapshot.containers.keys().chain(roots).chain(recorded.clone().map(|(name, _)| name));
        taken.names.extend(names.map(ContainerName::to_string));
        taken.names.extend(snapshot.foreign.iter().map(|machine| machine.name.clone()));
        let interfaces = snapshot.interfaces.iter().flat_map(BTreeMap::values);
        let addresses = interfaces.flat_map(|interface| &interface.addresses);
        taken.addresses.extend(addresses.map(|(address, _)| *address));
        let observed = snapshot.containers.values().flat_map(|container| [&container.written, &container.booted]);
        for record in observed.flatten().chain(recorded.map(|(_, record)| record)) {
            taken.addresses.extend(record.spec.network.addresses());
            if let Network::Private(private) = &record.spec.network {
                for forward in &private.forwards {
                    taken.ports.add(forward.protocol, Ports::one(forward.host_port));
                }
                for forward in &private.own_forwards {
                    taken.ports.add(forward.protocol, forward.ports);
                }
            }
        }
        taken
    }
}

/// Makes the containers of `manifest` ones that can run beside those of the host, start at once and keep no root. Returns
/// what had to change, one sentence each.
pub(super) fn move_aside(manifest: &mut Manifest, taken: &Taken) -> Vec<String> {
    let mut notes = Vec::new();
    let mut free = Free::of(manifest, taken);
    let mut names = BTreeMap::new();
    for (name, mut container) in std::mem::take(&mut manifest.containers) {
        let new = free.name(&name);
        if new != name {
            notes.push(format!("`{name}` runs as `{new}`: the host has that name already"));
        }
        container.ephemeral = Field::Known(true);
        container.auto_start = Field::Known(true);
        free.addresses(&name, &mut container, &mut notes);
        free.ports(&name, &mut container, &mut notes);
        manifest.containers.insert(new.clone(), container);
        names.insert(name, new);
    }
    free.own_ports(manifest, &mut notes);
    rename_settings(manifest, &names);
    manifest.boot.enable_containers = Field::Known(true);
    manifest.positions = None;
    notes
}

/// What is still free on the host.
struct Free<'a> {
    taken: &'a Taken,
    /// What the trial itself has, before and after it was moved.
    own: Taken,
}

impl<'a> Free<'a> {
    fn of(manifest: &Manifest, taken: &'a Taken) -> Self {
        let mut own = Taken::default();
        for (name, container) in &manifest.containers {
            own.names.insert(name.to_string());
            for address in addresses(&mut container.clone()) {
                own.addresses.extend(parse(address).map(|(address, _)| address));
            }
            let hosts = [&container.host_address, &container.host_address6];
            let hosts = hosts.into_iter().filter_map(|address| address.known()?.as_deref());
            own.addresses.extend(hosts.filter_map(|address| Some(parse(address)?.0)));
            for (protocol, port) in forwards(&mut container.clone()).filter_map(|(_, forward)| port_of(forward)) {
                own.ports.add(protocol, Ports::one(port));
            }
            let settings = manifest.services.settings(name.as_str());
            for forward in own_forward::at_least(settings.and_then(|it| it.get(Setting::Forwards.name()))) {
                own.ports.add(forward.protocol, forward.ports);
            }
        }
        Self { taken, own }
    }

    /// `name`, or a similar one if the host has that already.
    fn name(&mut self, name: &ContainerName) -> ContainerName {
        if !self.taken.names.contains(name.as_str()) {
            return name.clone();
        }
        let candidate = |number: usize| {
            let suffix = if number == 1 { String::from("-try") } else { format!("-try{number}") };
            let kept: String = name.as_str().chars().take(LONGEST.saturating_sub(suffix.len())).collect();
            ContainerName::new(format!("{}{suffix}", kept.trim_end_matches(['-', '.']))).ok()
        };
        let used = |name: &ContainerName| {
            self.taken.names.contains(name.as_str()) || self.own.names.contains(name.as_str())
        };
        // One more candidate than names are used: one of them is free.
        let most = self.taken.names.len() + self.own.names.len() + 1;
        let new = (1..=most).filter_map(candidate).find(|name| !used(name)).unwrap_or_else(|| name.clone());
        self.own.names.insert(new.to_string());
        new
    }

    /// Gives the guest's ends of its interfaces other addresses in the same network, where the host has theirs already.
    fn addresses(&mut self, name: &ContainerName, container: &mut Container, notes: &mut Vec<String>) {
        for text in addresses(container) {
            let Some((address, prefix)) = parse(text) else { continue };
            if !self.taken.addresses.contains(&address) {
                continue;
            }
            let used =
                |address: &IpAddr| self.taken.addresses.contains(address) || self.own.addresses.contains(address);
            let Some(new) = neighbours(address).find(|address| !used(address)) else { continue };
            self.own.addresses.insert(new);
            notes.push(format!("`{name}` has the address {new} instead of {address}, which the host has already"));
            *text = format!("{new}{prefix}");
        }
    }

    /// Forwards other ports of the host where theirs are forwarded already.
    fn ports(&mut self, name: &ContainerName, container: &mut Container, notes: &mut Vec<String>) {
        for (_, forward) in forwards(container) {
            let Some((protocol, port)) = port_of(forward) else { continue };
            let Some(Ports { first: new, .. }) = self.moved(protocol, Ports::one(port)) else { continue };
            let protocol = protocol.as_str();
            notes.push(format!(
                "`{name}` has the {protocol} port {new} of the host instead of {port}, which is forwarded already"
            ));
            if forward.container_port == Field::Known(None) {
                forward.container_port = Field::Known(Some(port));
            }
            forward.host_port = Field::Known(new);
        }
    }
}

impl Free<'_> {
    /// Takes as many free ports of the host as `ports` has, if any of those is forwarded already.
    fn moved(&mut self, protocol: Protocol, ports: Ports) -> Option<Ports> {
        self.taken.ports.last_of(protocol, ports)?;
        let free = |from| port_set::free([&self.taken.ports, &self.own.ports], protocol, from, ports);
        let new = free(ports.first.saturating_add(10_000).max(FIRST_PORT)).or_else(|| free(FIRST_PORT))?;
        self.own.ports.add(protocol, new);
        Some(new)
    }

    /// Forwards other ports of the host by our own option, too, where theirs are forwarded already. Ranges stay in one piece.
    fn own_ports(&mut self, manifest: &mut Manifest, notes: &mut Vec<String>) {
        let settings = manifest.services.container_rebuild.get_mut(CONTAINERS).and_then(Value::as_object_mut);
        for (name, settings) in settings.into_iter().flatten() {
            let forwards = settings.get_mut(Setting::Forwards.name()).and_then(Value::as_object_mut);
            for value in forwards.into_iter().flatten().map(|(_, value)| value) {
                let Some(forward) = own_forward::known(value) else { continue };
                let OwnForward { protocol, ports, to, .. } = forward;
                let Some(new) = self.moved(protocol, ports) else { continue };
                let protocol = protocol.as_str();
                notes.push(format!(
                    "`{name}` has the {protocol} port {new} of the host instead of {ports}, which is forwarded already"
                ));
                value["hostPort"] = written(new);
                value["containerPort"] = written(to);
            }
        }
    }
}

/// Ports as our own option has them.
fn written(ports: Ports) -> Value {
    if ports.count() == 1 { ports.first.into() } else { format!("{}:{}", ports.first, ports.last).into() }
}

/// The addresses of the guest's ends of all its interfaces, as far as known.
fn addresses(container: &mut Container) -> impl Iterator<Item = &mut String> {
    let extra = match &mut container.extra_veths {
        Field::Known(veths) => Some(veths.values_mut()),
        Field::Unknown(_) => None,
    };
    let extra = extra.into_iter().flatten().filter_map(|veth| match veth {
        Field::Known(veth) => Some([&mut veth.local_address, &mut veth.local_address6]),
        Field::Unknown(_) => None,
    });
    let own = [&mut container.local_address, &mut container.local_address6];
    own.into_iter().chain(extra.flatten()).filter_map(|address| match address {
        Field::Known(address) => address.as_mut(),
        Field::Unknown(_) => None,
    })
}

/// The known forwards of a container, by number.
fn forwards(container: &mut Container) -> impl Iterator<Item = (usize, &mut ForwardPort)> {
    let all = match &mut container.forward_ports {
        Field::Known(all) => all.as_mut_slice(),
        Field::Unknown(_) => &mut [],
    };
    all.iter_mut().enumerate().filter_map(|(number, forward)| match forward {
        Field::Known(forward) => Some((number, forward)),
        Field::Unknown(_) => None,
    })
}

/// The port of the host that is forwarded.
fn port_of(forward: &ForwardPort) -> Option<(Protocol, u16)> {
    let protocol = match forward.protocol.known()?.as_str() {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ => return None,
    };
    Some((protocol, *forward.host_port.known()?))
}

/// An address, and the `/LENGTH` behind it.
fn parse(text: &str) -> Option<(IpAddr, &str)> {
    let (address, prefix) = text.split_at(text.find('/').unwrap_or(text.len()));
    Some((address.parse().ok()?, prefix))
}

/// The other addresses that differ in the last byte only, the next one first.
fn neighbours(address: IpAddr) -> impl Iterator<Item = IpAddr> {
    (1..=u8::MAX).filter_map(move |step| match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            // The first and the last mean the network, and all hosts in it.
            Some(d.wrapping_add(step)).filter(|d| !matches!(d, 0 | 255)).map(|d| IpAddr::from([a, b, c, d]))
        }
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            octets[15] = octets[15].wrapping_add(step);
            Some(octets[15]).filter(|last| *last != 0).map(|_| IpAddr::from(octets))
        }
    })
}

/// Gives our own options of the containers to the names that they have now.
fn rename_settings(manifest: &mut Manifest, names: &BTreeMap<ContainerName, ContainerName>) {
    let settings = manifest.services.container_rebuild.get_mut(CONTAINERS).and_then(Value::as_object_mut);
    let Some(settings) = settings else { return };
    let renamed = |name: &str| names.iter().find(|(old, _)| old.as_str() == name).map(|(_, new)| new.to_string());
    for (name, mut value) in std::mem::take(settings) {
        for list in [Setting::After, Setting::Requires] {
            let elements = value.get_mut(list.name()).and_then(Value::as_array_mut).into_iter().flatten();
            for element in elements {
                if let Some(new) = element.as_str().and_then(renamed) {
                    *element = Value::String(new);
                }
            }
        }
        // What is set for a container outside of the trial has nothing to do here.
        settings.extend(renamed(&name).map(|name| (name, value)));
    }
}
