//! Renders a checked configuration as the texts that systemd, nspawn and nftables read.
//!
//! Takes: a [`crate::model::spec`], in which everything is known and checked. Gives: the unit, the `.conf`, the
//! arguments of systemd-nspawn, the ruleset, and the names and paths that go with them.
//!
//! Invariants:
//! - Pure and byte-stable: equal input gives equal bytes. Nothing here looks at the host.
//! - Paths and names on the host are spelled in [`paths`] and [`interface`], and nowhere else in the crate.
//!
//! Not here: writing these texts to the host (that is `host`), and deciding whether to (that is `plan`).

pub(crate) mod boot_service;
pub(crate) mod conf;
pub mod hosts;
pub mod interface;
pub mod loopback;
pub mod nft;
pub(crate) mod nspawn;
pub mod paths;
pub mod restore_unit;
pub(crate) mod unit;
pub mod unmanaged;

use crate::model::spec::{ContainerSpec, Network, Private, Veth};

/// The veth pair of a container, if it has one.
fn veth(spec: &ContainerSpec) -> Option<&Veth> {
    match &spec.network {
        Network::Host | Network::Named(_) => None,
        Network::Private(Private { veth, .. }) => veth.as_ref(),
    }
}

/// Whether `privateNetwork` is set.
fn is_private(spec: &ContainerSpec) -> bool {
    matches!(&spec.network, Network::Private(private) if !private.is_implied)
}

/// The forwards as NixOS joins them for `HOST_PORT`: `tcp:8080:80,udp:53:53`.
fn host_port(spec: &ContainerSpec) -> String {
    let Network::Private(Private { forwards, .. }) = &spec.network else {
        return String::new();
    };
    let ports = forwards
        .iter()
        .map(|forward| format!("{}:{}:{}", forward.protocol.as_str(), forward.host_port, forward.container_port));
    ports.collect::<Vec<_>>().join(",")
}
