//! What changes in a container that goes on running.
//!
//! Takes: the record of what runs, and of what is wanted. Gives: a [`LiveChange`], whose parts [`Host`](super::Host) can do
//! under a running guest, each of them once more after a crash in its middle.
//!
//! Not here: whether a change can be made live at all. That is a question of cost, and so the plan's.

use std::path::PathBuf;

use crate::model::spec::{Bind, ContainerSpec};
use crate::render::interface::{self, Pair};

/// The parts of a change, in the order in which they are made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LiveChange {
    /// Bind mounts that are new.
    pub binds: Vec<Bind>,
    /// The links that stay, before and after. Also where they are the same: a link that has lost a route gets it
    /// back, and one that is complete stays as it is.
    pub links: Vec<(Pair, Pair)>,
    /// Another system, for the guest to switch to: last, since its services may want the mounts.
    pub system: Option<PathBuf>,
}

impl LiveChange {
    /// What has to happen for a container that runs as `is` to run as `wanted`.
    pub fn between(is: &ContainerSpec, wanted: &ContainerSpec) -> Self {
        let wanted_pairs = interface::pairs(&wanted.name, &wanted.network);
        let links = interface::pairs(&is.name, &is.network).into_iter().filter_map(|is| {
            let wanted =
                wanted_pairs.iter().find(|wanted| (&wanted.host, &wanted.guest) == (&is.host, &is.guest))?;
            Some((is, wanted.clone()))
        });
        Self {
            binds: wanted.binds.iter().filter(|bind| !is.binds.contains(bind)).cloned().collect(),
            links: links.collect(),
            system: (is.system != wanted.system).then(|| wanted.system.clone()),
        }
    }
}

/// What a guest says of a switch to another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switched {
    /// It runs the new one.
    Done,
    /// It runs the new one, and units of it failed (exit code 4).
    UnitsFailed,
    /// It cannot without being started again (exit code 100 of `switch-to-configuration`).
    RestartWanted,
}
