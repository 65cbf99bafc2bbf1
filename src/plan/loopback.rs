//! Determines which ports of `[::1]` can lead into guests.

use std::collections::BTreeSet;

use crate::render::loopback::{self, Loopback, proxied};
use crate::render::nft::Ruleset;
use crate::state::Snapshot;

/// The ports of `[::1]` on which something else than our own units listens; `None` if the host has no such address.
pub(super) fn taken(snapshot: &Snapshot) -> Option<BTreeSet<u16>> {
    let ours: BTreeSet<u16> = snapshot.guarding_files.keys().filter_map(|path| loopback::port(path)).collect();
    snapshot.loopback.as_ref().map(|listening| listening - &ours)
}

/// The ports that these rules forward for every connection, without those that are `taken`.
pub(super) fn available(ruleset: &Ruleset, taken: Option<&BTreeSet<u16>>) -> Loopback {
    let Some(taken) = taken else { return Loopback::new() };
    let mut loopback = proxied(ruleset);
    loopback.retain(|port, _| !taken.contains(port));
    loopback
}
