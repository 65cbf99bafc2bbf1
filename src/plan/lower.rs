//! What a manifest says about the network, as far as it is known before its guests are built.

use std::str::FromStr;

use crate::model::spec::{Forward, NatSpec, Network, Protocol, Veth};
use crate::model::{Container, Field, Nat};

/// The network of a container; `None` where something that bears on it is unknown or makes no sense.
pub(super) fn network(container: &Container) -> Option<Network> {
    if !*container.private_network.known()? {
        return Some(Network::Host);
    }
    let veth = Veth {
        host4: address(&container.host_address)?,
        local4: address(&container.local_address)?,
        host6: address(&container.host_address6)?,
        local6: address(&container.local_address6)?,
    };
    let forwards = container.forward_ports.known()?.iter().map(|forward| {
        let forward = forward.known()?;
        let host_port = *forward.host_port.known()?;
        let protocol = match forward.protocol.known()?.as_str() {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            _ => return None,
        };
        Some(Forward { protocol, host_port, container_port: forward.container_port.known()?.unwrap_or(host_port) })
    });
    let forwards = forwards.collect::<Option<Vec<_>>>()?;
    Some(Network::Private { veth: (veth != Veth::default()).then_some(veth), forwards })
}

/// An address that is set or not; `None` where that is unknown or it is none.
#[allow(clippy::option_option, reason = "unknown, absent and present are three things")]
fn address<A: FromStr>(field: &Field<Option<String>>) -> Option<Option<A>> {
    match field.known()? {
        None => Some(None),
        Some(text) => text.parse().ok().map(Some),
    }
}

/// NAT; `None` where it is unknown.
pub(super) fn nat(nat: &Nat) -> Option<NatSpec> {
    let internal = nat.internal_interfaces.known()?.iter().map(|interface| Some(pattern(interface.known()?)));
    Some(NatSpec {
        enable: *nat.enable.known()?,
        internal_interfaces: internal.collect::<Option<_>>()?,
        external_interface: nat.external_interface.known()?.as_deref().map(pattern),
    })
}

/// iptables ends a pattern with `+`, nftables with `*`.
fn pattern(interface: &str) -> String {
    match interface.strip_suffix('+') {
        Some(prefix) => format!("{prefix}*"),
        None => interface.to_owned(),
    }
}
