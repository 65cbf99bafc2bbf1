//! Computes the rules that must be loaded at each moment while a plan is applied.
//!
//! Takes: the [`FirewallChange`] of a plan, and which steps are done. Gives: the [`Ruleset`] to load now.
//!
//! Invariants:
//! - No forward leads to an address that another container holds, in whatever order the steps are done.
//! - Once every step is done, the rules are the planned ones.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::firewall::FirewallChange;
use super::holders::Holders;
use crate::model::ContainerName;
use crate::model::spec::Network;
use crate::render::nft::Ruleset;

/// Which of its rules a container has. If two containers claim the same host port, the one in the earlier stage gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The rules from before.
    Former,
    /// The rules from before, without those that the plan removes.
    Withdrawn,
    /// The planned rules.
    Wanted,
    /// The rules from before again, since the container went back to its former state.
    Restored,
}

/// The state of the rules at one moment.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    change: &'a FirewallChange,
    stages: BTreeMap<ContainerName, Stage>,
    /// The stage of all containers that `stages` does not name.
    first: Stage,
    /// Whether the host's own rules are the planned ones already.
    is_host_done: bool,
    /// The addresses that each container holds now.
    held: BTreeMap<ContainerName, BTreeSet<IpAddr>>,
    /// The containers that have been stopped.
    stopped: BTreeSet<ContainerName>,
    /// Those that run with their former network again, or are about to.
    back: BTreeSet<ContainerName>,
}

impl<'a> Standing<'a> {
    /// The state before the first step.
    pub fn new(change: &'a FirewallChange) -> Self {
        let first = if change.changed { Stage::Former } else { Stage::Wanted };
        // If the loaded rules are unknown, the first load replaces them all anyway.
        let is_host_done = !change.of_host || change.standing.is_none();
        let (stopped, back) = (BTreeSet::new(), BTreeSet::new());
        Self { change, stages: BTreeMap::new(), first, is_host_done, held: change.held.clone(), stopped, back }
    }

    /// The stage of a container.
    pub fn stage(&self, name: &ContainerName) -> Stage {
        self.stages.get(name).copied().unwrap_or(self.first)
    }

    /// Moves a container to a stage.
    pub fn set(&mut self, name: &ContainerName, stage: Stage) {
        self.stages.insert(name.clone(), stage);
    }

    /// Marks the host's own rules as done, and with them the rules of all containers without a firewall step of their own.
    ///
    /// Containers in `stale` did not get what was planned for them, and keep their rules.
    pub fn set_host(&mut self, stale: &BTreeSet<&ContainerName>) {
        self.is_host_done = true;
        for name in self.change.in_place.iter().filter(|name| !stale.contains(name)) {
            self.set(name, Stage::Wanted);
        }
    }

    /// Records the addresses that a container holds from now on.
    pub fn hold(&mut self, name: &ContainerName, addresses: BTreeSet<IpAddr>) {
        if addresses.is_empty() {
            self.stopped.insert(name.clone());
        }
        self.held.insert(name.clone(), addresses);
    }

    /// Records that a container which was stopped is about to run with its former network.
    pub fn go_back(&mut self, name: &ContainerName) {
        self.stopped.remove(name);
        self.back.insert(name.clone());
    }

    /// The addresses that a container holds now.
    pub fn held(&self, name: &ContainerName) -> BTreeSet<IpAddr> {
        self.held.get(name).cloned().unwrap_or_default()
    }

    /// The rules to load.
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
        // The host's forwards lead to who has the address by the configuration that they are from.
        let (meant, other) = match self.is_host_done {
            true => (&change.wanted, &change.former),
            false => (&change.former, &change.wanted),
        };
        let gives = |holder: &ContainerName, address| match meant.get(holder) {
            Some(network) => network.addresses().contains(&address),
            None => !other.contains_key(holder),
        };
        let networks = networks.iter().map(|(_, name, network)| (*name, &**network));
        // A guest is kept to the host before it starts, and until it has stopped.
        let gone_back = change.former.iter().filter(|(name, _)| self.back.contains(*name));
        let runs_on = change.running.iter().filter(|(name, _)| !self.stopped.contains(*name));
        Ruleset::leading(networks, nat, |name, address| holders.lets(name, address, gives))
            .and_isolate(change.wanted.iter().chain(runs_on).chain(gone_back), &change.ruleset)
    }
}
