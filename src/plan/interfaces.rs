//! Determines which interfaces of the host belong to containers.
//!
//! Other programs have to leave an interface alone before it exists, and as long as it exists.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::decide::Decisions;
use super::firewall::FirewallChange;
use super::state_view::StateView;
use crate::model::ContainerName;
use crate::model::spec::Network;
use crate::render::restore_unit;
use crate::render::unmanaged::Unmanaged;
use crate::state::Owner;

/// The interfaces of containers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// Those that exist or may exist at any moment while the plan is applied.
    pub meanwhile: Unmanaged,
    /// Those that exist or may exist once it is applied.
    pub finally: Unmanaged,
    /// The units of the host after whose restart something may be lost once it is applied ([`restore_unit`]).
    pub restored_after: BTreeSet<String>,
    /// The bridges that are kept, of those that were created for containers.
    pub bridges: BTreeSet<String>,
}

/// The interfaces before and after a plan.
pub(super) fn change(from: &StateView, firewall: &FirewallChange, decisions: &Decisions<'_>) -> Interfaces {
    let wanted = Unmanaged::of(&firewall.wanted);
    // A container that is left running keeps its interfaces, whatever its next start gives it.
    let stops = |name: &ContainerName| decisions.steps.get(name).is_some_and(|steps| steps.stop);
    let running = networks_of_running(from);
    let stay = || pairs(running.iter().filter(|(name, _)| !stops(name)));
    let created = |network: &Network| network.created_bridges().into_iter().cloned().collect::<Vec<_>>();
    let bridges = stay().map(|(_, network)| network).chain(firewall.wanted.values()).flat_map(created).collect();
    let kept = Unmanaged::of(stay());
    let finally = kept.with(&wanted);
    let restored_after = restore_unit::units(&firewall.wanted, &firewall.nat);
    let meanwhile = Unmanaged::of(pairs(&running)).with(&Unmanaged::of(&firewall.former)).with(&finally);
    Interfaces { meanwhile, finally, restored_after, bridges }
}

fn networks_of_running<'s>(host: &'s StateView) -> Vec<(&'s ContainerName, Cow<'s, Network>)> {
    let ours = host.containers.iter().filter(|(_, configured)| configured.owner == Owner::Ours);
    ours.filter_map(|(name, configured)| Some((name, configured.running.as_ref()?.network()?))).collect()
}

fn pairs<'n>(
    networks: impl IntoIterator<Item = &'n (&'n ContainerName, Cow<'n, Network>)>,
) -> impl Iterator<Item = (&'n ContainerName, &'n Network)> {
    networks.into_iter().map(|(name, network)| (*name, &**network))
}
