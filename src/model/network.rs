//! From the options of a container to its network.
//!
//! Takes: a [`Container`]. Gives: a [`Network`], or nothing where something that bears on it is unknown or makes no sense;
//! [`super::check`] says which, and a plan shows what is known before the guests are built.

use std::str::FromStr;

use super::spec::{Forward, Network, Private, Protocol, Veth};
use super::{Container, Field, ForwardPort, List};

/// The network of a container.
pub fn network(container: &Container) -> Option<Network> {
    if !*container.private_network.known()? {
        return Some(Network::Host);
    }
    let bridge = container.host_bridge.known()?.clone();
    let (local4, length4) = local(&container.local_address, bridge.is_some(), 32)?;
    let (local6, length6) = local(&container.local_address6, bridge.is_some(), 128)?;
    let (host4, host6) = (host(&container.host_address)?, host(&container.host_address6)?);
    let veth = Veth { bridge, host4, local4, length4, host6, local6, length6 };
    let forwards = forwards(&container.forward_ports)?;
    Some(Network::Private(Private { veth: (veth != Veth::default()).then_some(veth), forwards }))
}

/// An address without a prefix length, set or not.
#[allow(clippy::option_option, reason = "unknown, absent and present are three things")]
fn host<A: FromStr>(field: &Field<Option<String>>) -> Option<Option<A>> {
    match field.known()? {
        None => Some(None),
        Some(text) => text.parse().ok().map(Some),
    }
}

/// The guest's address and its prefix length, each set or not. Only on a bridge it may have one, of at most `longest` bits.
#[allow(clippy::option_option, reason = "unknown, absent and present are three things")]
fn local<A: FromStr>(field: &Field<Option<String>>, bridged: bool, longest: u8) -> Option<(Option<A>, Option<u8>)> {
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

/// The transport of a forward, where it is known and one that can be forwarded.
pub(super) fn protocol(forward: &ForwardPort) -> Option<Protocol> {
    match forward.protocol.known()?.as_str() {
        "tcp" => Some(Protocol::Tcp),
        "udp" => Some(Protocol::Udp),
        _ => None,
    }
}
