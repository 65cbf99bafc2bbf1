//! Computes the network of a container from its options.
//!
//! Takes: a [`Container`]. Gives: a [`Network`], or nothing if an option it depends on is unknown or invalid.
//! [`super::check`] reports which; plans use this module to show what is known before the guests are built.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::de::DeserializeOwned;

use super::spec::{Forward, Network, Passed, Private, Protocol, Veth, is_interface_name};
use super::{Container, Field, ForwardPort, List, MayBeUnknown};

/// The network of a container, if all of it is known.
pub(crate) fn network(container: &Container) -> Option<Network> {
    let private = *container.private_network.known()?;
    let extra = container.extra_veths.known()?.iter().map(|(name, options)| {
        let o = options.known()?;
        let options = (&o.host_bridge, [&o.host_address, &o.host_address6], [&o.local_address, &o.local_address6]);
        is_interface_name(name).then_some(())?;
        Some((name.clone(), veth(options, &o.local_mac_address)?))
    });
    let mut network = Private {
        extra: extra.collect::<Option<_>>()?,
        macvlans: passed(&container.macvlans)?,
        interfaces: passed(&container.interfaces)?,
        is_implied: !private,
        ..Private::default()
    };
    // Whoever creates the namespace configures all of it.
    if let Some(path) = container.network_namespace.known()? {
        return (!private && !network.has_interfaces()).then(|| Network::Named(path.clone()));
    }
    // As in NixOS, the container's own pair requires `privateNetwork`.
    if private {
        let c = container;
        let options = (&c.host_bridge, [&c.host_address, &c.host_address6], [&c.local_address, &c.local_address6]);
        network.veth = Some(veth(options, &c.local_mac_address)?).filter(|veth| *veth != Veth::default());
        network.forwards = forwards(&c.forward_ports)?;
    } else if !network.has_interfaces() {
        return Some(Network::Host);
    }
    Some(Network::Private(network))
}

/// The known part of a container's network: unknown options count as unset, and partial elements of lists are left out.
pub(crate) fn network_at_least(container: &Container) -> Option<Network> {
    fn known<T: MayBeUnknown + DeserializeOwned>(list: &mut List<T>) {
        match list {
            Field::Known(elements) => elements.retain(|element| !element.has_unknown()),
            Field::Unknown(unknown) => {
                let at_least = unknown.at_least.take().and_then(|list| serde_json::from_value(list).ok());
                *list = Field::Known(at_least.unwrap_or_default());
                known(list);
            }
        }
    }
    let mut c = container.clone();
    for text in [
        &mut c.host_bridge,
        &mut c.host_address,
        &mut c.host_address6,
        &mut c.local_address,
        &mut c.local_address6,
        &mut c.local_mac_address,
        &mut c.network_namespace,
    ] {
        if text.known().is_none() {
            *text = Field::Known(None);
        }
    }
    match &mut c.extra_veths {
        Field::Known(veths) => veths.retain(|_, veth| !veth.has_unknown()),
        unknown => *unknown = Field::Known(BTreeMap::new()),
    }
    known(&mut c.forward_ports);
    known(&mut c.macvlans);
    known(&mut c.interfaces);
    network(&c)
}

/// A veth pair: its bridge, the addresses of the host's end and of the guest's, and a hardware address.
fn veth(
    (bridge, [host4, host6], [local4, local6]): (&Text, [&Text; 2], [&Text; 2]),
    hardware: &Text,
) -> Option<Veth> {
    let bridge = bridge.known()?.clone();
    let (local4, length4) = local(local4, bridge.is_some(), 32)?;
    let (local6, length6) = local(local6, bridge.is_some(), 128)?;
    let (host4, host6, hardware) = (host(host4)?, host(host6)?, host(hardware)?);
    Some(Veth {
        bridge,
        host4,
        local4,
        length4,
        host6,
        local6,
        length6,
        hardware,
        mtu: None,
        creates_bridge: false,
    })
}

/// An optional string.
type Text = Field<Option<String>>;

fn passed(list: &List<String>) -> Option<Vec<Passed>> {
    list.known()?.iter().map(|element| Passed::parse(element.known()?)).collect()
}

/// An address without a prefix length, or a hardware address; the outer `None` means unknown or invalid.
#[allow(clippy::option_option, reason = "unknown, absent and present are three things")]
fn host<A: FromStr>(field: &Text) -> Option<Option<A>> {
    match field.known()? {
        None => Some(None),
        Some(text) => text.parse().ok().map(Some),
    }
}

/// The guest's address and prefix length. A prefix length is allowed only on a bridge, with at most `longest` bits.
#[allow(clippy::option_option, reason = "unknown, absent and present are three things")]
fn local<A: FromStr>(field: &Text, bridged: bool, longest: u8) -> Option<(Option<A>, Option<u8>)> {
    let Some(text) = field.known()? else { return Some((None, None)) };
    match text.split_once('/') {
        Some((address, length)) if bridged => {
            let length: u8 = length.parse().ok().filter(|length| *length <= longest)?;
            Some((Some(address.parse().ok()?), Some(length)))
        }
        _ => Some((Some(text.parse().ok()?), None)),
    }
}

fn forwards(list: &List<ForwardPort>) -> Option<Vec<Forward>> {
    let forward = |forward: &Field<ForwardPort>| {
        let forward = forward.known()?;
        let host_port = *forward.host_port.known()?;
        let container_port = forward.container_port.known()?.unwrap_or(host_port);
        Some(Forward { protocol: protocol(forward)?, host_port, container_port })
    };
    list.known()?.iter().map(forward).collect()
}

/// The transport of a forward, if it is known and supported.
pub(super) fn protocol(forward: &ForwardPort) -> Option<Protocol> {
    match forward.protocol.known()?.as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        _ => None,
    }
}
