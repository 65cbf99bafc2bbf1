//! Which rules stand at each moment while a plan is applied.
//!
//! Takes: the [`FirewallChange`] of a plan, and word of what was done. Gives: the [`Ruleset`] that is to be loaded now.
//!
//! Invariants:
//! - No forward leads to an address that another container holds, whatever was done in which order.
//! - When all of a plan is done, the rules are those that were planned.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::firewall::FirewallChange;
use crate::model::ContainerName;
use crate::model::spec::{Forward, Network, Private};
use crate::render::nft::Ruleset;

/// Which of its rules a container has. Of two that want the same port of the host, the one of the earlier stage has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Those from before.
    Former,
    /// Those from before that it is to keep: what will not be there any more has been taken out.
    Withdrawn,
    /// Those that are planned.
    Wanted,
    /// Those from before once more, since the container runs again as it did.
    Restored,
}

/// The rules at one moment.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    change: &'a FirewallChange,
    stages: BTreeMap<ContainerName, Stage>,
    /// The stage of those that are not named there.
    first: Stage,
    /// Whether the host's own part is as planned already.
    is_host_done: bool,
    /// The addresses that each container has now.
    held: BTreeMap<ContainerName, BTreeSet<IpAddr>>,
}

impl<'a> Standing<'a> {
    /// Before anything was done.
    pub fn new(change: &'a FirewallChange) -> Self {
        let first = if change.changed { Stage::Former } else { Stage::Wanted };
        // Where nobody knows what is there, the first load puts it right.
        let is_host_done = !change.of_host || change.standing.is_none();
        Self { change, stages: BTreeMap::new(), first, is_host_done, held: change.held.clone() }
    }

    /// The stage of a container.
    pub fn stage(&self, name: &ContainerName) -> Stage {
        self.stages.get(name).copied().unwrap_or(self.first)
    }

    /// Brings a container to a stage.
    pub fn set(&mut self, name: &ContainerName, stage: Stage) {
        self.stages.insert(name.clone(), stage);
    }

    /// The host's own part is as planned from now on, and with it the rules of the containers that no step of their own
    /// brings there. Those that are `stale` did not get what is planned for them, and keep what they have.
    pub fn set_host(&mut self, stale: &BTreeSet<&ContainerName>) {
        self.is_host_done = true;
        for name in self.change.in_place.iter().filter(|name| !stale.contains(name)) {
            self.set(name, Stage::Wanted);
        }
    }

    /// A container holds these addresses from now on, and no others.
    pub fn hold(&mut self, name: &ContainerName, addresses: BTreeSet<IpAddr>) {
        self.held.insert(name.clone(), addresses);
    }

    /// The addresses that a container has now.
    pub fn held(&self, name: &ContainerName) -> BTreeSet<IpAddr> {
        self.held.get(name).cloned().unwrap_or_default()
    }

    /// What is to be loaded.
    pub fn ruleset(&self) -> Ruleset {
        let change = self.change;
        let names: BTreeSet<&ContainerName> = change.former.keys().chain(change.wanted.keys()).collect();
        let mut networks: Vec<(Stage, &ContainerName, Cow<'_, Network>)> = names
            .into_iter()
            .filter_map(|name| {
                let stage = self.stage(name);
                let network = match stage {
                    Stage::Former | Stage::Restored => change.former.get(name).map(Cow::Borrowed),
                    Stage::Wanted => change.wanted.get(name).map(Cow::Borrowed),
                    Stage::Withdrawn => change.withdrawn(name).map(Cow::Owned),
                };
                Some((stage, name, network?))
            })
            .collect();
        networks.sort_by_key(|(stage, name, _)| (*stage, *name));
        let nat = if self.is_host_done { &change.nat } else { &change.former_nat };
        let holders = Holders::new(&self.held);
        Ruleset::leading(networks.iter().map(|(_, name, network)| (*name, &**network)), nat, |name, address| {
            holders.may_lead(name, address)
        })
    }
}

/// Who holds which address.
#[derive(Debug, Default)]
pub(super) struct Holders<'a>(BTreeMap<IpAddr, BTreeSet<&'a ContainerName>>);

impl<'a> Holders<'a> {
    pub(super) fn new(held: &'a BTreeMap<ContainerName, BTreeSet<IpAddr>>) -> Self {
        let mut holders = BTreeMap::<_, BTreeSet<_>>::new();
        for (name, addresses) in held {
            for address in addresses {
                holders.entry(*address).or_default().insert(name);
            }
        }
        Self(holders)
    }

    /// Whether a forward of this container may lead to the address: nobody else has it.
    pub(super) fn may_lead(&self, name: &ContainerName, address: IpAddr) -> bool {
        self.0.get(&address).is_none_or(|holders| holders.iter().all(|holder| *holder == name))
    }
}

/// `former` without the forwards that `wanted` has not, or has to another address.
pub(super) fn kept(former: &Network, wanted: &Network) -> Network {
    let Network::Private(from) = former else { return former.clone() };
    let targets = |private: &Private| private.veth.as_ref().map(|veth| (veth.local4, veth.local6));
    let stays = |forward: &Forward| match wanted {
        Network::Private(to) => targets(from) == targets(to) && to.forwards.contains(forward),
        Network::Host | Network::Named(_) => false,
    };
    let forwards = from.forwards.iter().filter(|forward| stays(forward)).cloned().collect();
    Network::Private(Private { forwards, ..from.clone() })
}
