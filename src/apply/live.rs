//! Changes to a container that keeps running.
//!
//! Takes: the specifications of what runs and of what is wanted. Gives: a [`LiveChange`], whose parts
//! [`Host`](super::Host) can carry out in a running guest. Each may be repeated after a crash in its middle.
//!
//! Not here: whether a change can be made live at all. That depends on its cost, which the plan decides.

use std::path::PathBuf;

use crate::model::spec::{Bind, ContainerSpec};
use crate::render::interface::{self, Pair};
use crate::state::NoSwitch;

/// The parts of a change, in the order in which they are carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LiveChange {
    /// New bind mounts.
    pub binds: Vec<Bind>,
    /// The interfaces that stay, before and after. Unchanged ones are included: one that has lost a route gets it back,
    /// and one that is complete is left alone.
    pub pairs: Vec<(Pair, Pair)>,
    /// The system for the guest to switch to, if it changes. Last, since its services may need the mounts.
    pub system: Option<PathBuf>,
}

impl LiveChange {
    /// The change that turns a container running as `is` into `wanted`.
    pub(crate) fn between(is: &ContainerSpec, wanted: &ContainerSpec) -> Self {
        let wanted_pairs = interface::pairs(&wanted.name, &wanted.network);
        let pairs = interface::pairs(&is.name, &is.network).into_iter().filter_map(|is| {
            let wanted =
                wanted_pairs.iter().find(|wanted| (&wanted.host, &wanted.guest) == (&is.host, &is.guest))?;
            Some((is, wanted.clone()))
        });
        Self {
            binds: wanted.binds.iter().filter(|bind| !is.binds.contains(bind)).cloned().collect(),
            pairs: pairs.collect(),
            system: (is.system != wanted.system).then(|| wanted.system.clone()),
        }
    }
}

/// How a guest's switch to another system ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switched {
    /// The guest runs the new system.
    Done,
    /// The guest runs the new system, but units failed (exit code 4 of `switch-to-configuration`).
    UnitsFailed,
    /// The guest must be restarted, and still runs its former system.
    RestartWanted(NoSwitch),
}
