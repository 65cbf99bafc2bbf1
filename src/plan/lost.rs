//! Determines what containers have lost on a running host: rules, and the host's ends of their interfaces.
//!
//! What can be put back without touching a guest's processes is in [`Lost`]. Everything else is for a plan.

use std::collections::BTreeSet;

use super::drift::{self, Drift};
use super::state_view::StateView;
use crate::model::ContainerName;
use crate::render::interface::{self, Pair};
use crate::render::nft::{Ruleset, Sysctl};
use crate::state::{Owner, Snapshot};

/// What is lost.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    /// The rules, if the kernel has others.
    pub(crate) rules: Option<Ruleset>,
    /// Sysctls that the rules need and that have another value.
    pub(crate) sysctls: Vec<Sysctl>,
    /// Interfaces on the host that are down, or lack their bridge, an address or a route.
    pub(crate) pairs: Vec<(ContainerName, Pair)>,
    /// Containers whose interface on the host is gone.
    pub(crate) gone: BTreeSet<ContainerName>,
}

impl Lost {
    /// Compares the host with its records.
    pub(crate) fn on(snapshot: &Snapshot) -> Self {
        let host = StateView::host(snapshot);
        let ruleset = host.ruleset();
        let sysctls = ruleset.sysctls().into_iter().filter(|sysctl| host.has(sysctl) == Some(false)).collect();
        let mut lost =
            Self { rules: (!host.rules_drift.is_empty()).then_some(ruleset), sysctls, ..Self::default() };
        let Some(interfaces) = &snapshot.interfaces else { return lost };
        let running = snapshot.containers.iter().filter(|(_, observed)| {
            // One that is still starting sets up its interfaces itself.
            observed.owner == Owner::Ours && observed.is_running() && !observed.is_starting()
        });
        for (name, observed) in running {
            let Some(booted) = &observed.booted else { continue };
            for pair in interface::pairs(name, &booted.spec.network) {
                match drift::of_interface(interfaces.get(&pair.host.name), &pair.veth) {
                    Some(Drift::LinkGone) => drop(lost.gone.insert(name.clone())),
                    Some(_) => lost.pairs.push((name.clone(), pair)),
                    None => {}
                }
            }
        }
        lost
    }

    /// Whether there is nothing to put back.
    pub(crate) fn is_nothing(&self) -> bool {
        self.rules.is_none() && self.sysctls.is_empty() && self.pairs.is_empty()
    }

    /// The bridges that interfaces have to be attached to again, and that others create.
    pub(crate) fn bridges(&self) -> BTreeSet<String> {
        let others = self.pairs.iter().filter(|(_, pair)| !pair.veth.creates_bridge);
        others.filter_map(|(_, pair)| pair.veth.bridge.clone()).collect()
    }
}
