//! Lowers the NAT options of a manifest before its guests are built, when some options may still be unknown.

use crate::model::spec::NatSpec;
use crate::model::{Field, Nat};

/// The NAT settings, or `None` if any of them is unknown.
pub(super) fn nat(nat: &Nat) -> Option<NatSpec> {
    let internal = nat.internal_interfaces.known()?.iter().map(|interface| Some(pattern(interface.known()?)));
    Some(NatSpec {
        enable: *nat.enable.known()?,
        internal_interfaces: internal.collect::<Option<_>>()?,
        external_interface: nat.external_interface.known()?.as_deref().map(pattern),
        ipv6: *nat.enable_ipv6.known()?,
    })
}

/// The certain part of NAT settings that are partly unknown.
pub(super) fn nat_at_least(nat: &Nat) -> Option<NatSpec> {
    let internal = nat.internal_interfaces.known().into_iter().flatten().filter_map(Field::known);
    Some(NatSpec {
        enable: *nat.enable.known()?,
        internal_interfaces: internal.map(|interface| pattern(interface)).collect(),
        external_interface: nat.external_interface.known()?.as_deref().map(pattern),
        ipv6: nat.enable_ipv6.known() == Some(&true),
    })
}

/// Translates an interface pattern: iptables ends it with `+`, nftables with `*`.
fn pattern(interface: &str) -> String {
    match interface.strip_suffix('+') {
        Some(prefix) => format!("{prefix}*"),
        None => interface.to_owned(),
    }
}
