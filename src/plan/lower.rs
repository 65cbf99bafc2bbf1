//! What a manifest says about NAT, as far as it is known before its guests are built.

use crate::model::spec::NatSpec;
use crate::model::{Field, Nat};

/// NAT; `None` where it is unknown.
pub(super) fn nat(nat: &Nat) -> Option<NatSpec> {
    let internal = nat.internal_interfaces.known()?.iter().map(|interface| Some(pattern(interface.known()?)));
    Some(NatSpec {
        enable: *nat.enable.known()?,
        internal_interfaces: internal.collect::<Option<_>>()?,
        external_interface: nat.external_interface.known()?.as_deref().map(pattern),
        ipv6: *nat.enable_ipv6.known()?,
    })
}

/// What of NAT is certain where not all of it is known.
pub(super) fn nat_at_least(nat: &Nat) -> Option<NatSpec> {
    let internal = nat.internal_interfaces.known().into_iter().flatten().filter_map(Field::known);
    Some(NatSpec {
        enable: *nat.enable.known()?,
        internal_interfaces: internal.map(|interface| pattern(interface)).collect(),
        external_interface: nat.external_interface.known()?.as_deref().map(pattern),
        ipv6: nat.enable_ipv6.known() == Some(&true),
    })
}

/// iptables ends a pattern with `+`, nftables with `*`.
fn pattern(interface: &str) -> String {
    match interface.strip_suffix('+') {
        Some(prefix) => format!("{prefix}*"),
        None => interface.to_owned(),
    }
}
