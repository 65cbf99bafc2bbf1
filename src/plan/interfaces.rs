//! Determines which interfaces of the host belong to containers.
//!
//! Other programs have to leave an interface alone before it exists, and as long as it exists.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::decide::Decisions;
use super::firewall::FirewallChange;
use super::loopback;
use super::state_view::StateView;
use crate::model::ContainerName;
use crate::model::spec::Network;
use crate::render::hosts::Hosts;
use crate::render::loopback::{Loopback, Proxied, proxied};
use crate::render::nft::Ruleset;
use crate::render::restore_unit;
use crate::render::unmanaged::Unmanaged;

/// The interfaces of containers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// Those that exist or may exist at any moment while the plan is applied.
    pub meanwhile: Unmanaged,
    /// Those that exist or may exist once it is applied.
    pub finally: Unmanaged,
    /// The units of the host after whose restart something may be lost once it is applied ([`restore_unit`]).
    pub restored_after: BTreeSet<String>,
    /// The ports of `[::1]` that lead into guests once it is applied.
    pub loopback: Loopback,
    /// Those that do so all along.
    pub loopback_meanwhile: Loopback,
    /// The names of containers in the host's `/etc/hosts` once it is applied.
    pub hosts: Hosts,
    /// Those while it is applied: a container that exists keeps its former address.
    pub hosts_meanwhile: Hosts,
    /// The bridges that are kept, of those that were created for containers.
    pub bridges: BTreeSet<String>,
}

/// The interfaces before and after a plan.
pub(super) fn change(from: &StateView, firewall: &FirewallChange, decisions: &Decisions<'_>) -> Interfaces {
    let wanted = Unmanaged::of(&firewall.wanted);
    // A container that is left running keeps its interfaces, whatever its next start gives it.
    let stops = |name: &ContainerName| decisions.steps.get(name).is_some_and(|steps| steps.stop);
    let running = from.running_networks();
    let stay = || pairs(running.iter().filter(|(name, _)| !stops(name)));
    let created = |network: &Network| network.created_bridges().into_iter().cloned().collect::<Vec<_>>();
    let bridges = stay().map(|(_, network)| network).chain(firewall.wanted.values()).flat_map(created).collect();
    let kept = Unmanaged::of(stay());
    let finally = kept.with(&wanted);
    let restored_after = restore_unit::units(&firewall.wanted, &firewall.nat);
    let meanwhile = Unmanaged::of(pairs(&running)).with(&Unmanaged::of(&firewall.former)).with(&finally);
    let loopback = loopback::available(&firewall.ruleset, from.loopback.as_ref());
    let former = proxied(&Ruleset::of(&firewall.former, &firewall.former_nat));
    // A run that failed may have left the address to another container.
    let is_held_by_other =
        |to: &Proxied| firewall.held.iter().any(|(name, held)| *name != to.container && held.contains(&to.to.ip()));
    let stays = |(port, to): &(&u16, &Proxied)| former.get(*port) == Some(*to) && !is_held_by_other(to);
    let loopback_meanwhile = loopback.iter().filter(stays).map(|(port, to)| (*port, to.clone())).collect();
    let wanted_hosts = || Hosts::of(&firewall.wanted);
    let hosts = wanted_hosts().overridden_by(Hosts::of(stay()));
    let former_hosts = Hosts::of(&firewall.former).overridden_by(Hosts::of(pairs(&running)));
    let hosts_meanwhile = wanted_hosts().overridden_by(former_hosts);
    Interfaces { meanwhile, finally, restored_after, loopback, loopback_meanwhile, hosts, hosts_meanwhile, bridges }
}

fn pairs<'n>(
    networks: impl IntoIterator<Item = &'n (&'n ContainerName, Cow<'n, Network>)>,
) -> impl Iterator<Item = (&'n ContainerName, &'n Network)> {
    networks.into_iter().map(|(name, network)| (*name, &**network))
}
