//! What a plan is made with besides its two sides: what a user requests (which containers, how far to disrupt them, and in which
//! order), and the facts about built systems.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::model::{ContainerName, Position};
use crate::state::GuestSystem;

/// Options of a plan.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The only containers to show and change (`--only`); `None` means all.
    pub only: Option<BTreeSet<ContainerName>>,
    /// How far running containers may be disrupted.
    pub restart_mode: RestartMode,
    /// The order of containers that the user requests.
    pub stated: Vec<OrderRequest>,
    /// The facts about systems that are built ([`super::switched_systems`]).
    pub systems: BTreeMap<PathBuf, GuestSystem>,
}

impl Options {
    /// Whether `--only` includes a container.
    pub(super) fn covers(&self, name: &ContainerName) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(name))
    }
}

/// How running containers are brought up to date (`--restart-mode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartMode {
    /// In the cheapest way.
    #[default]
    Auto,
    /// Only in place: a change that needs a restart waits for the next start.
    Reload,
    /// By a restart, even if a reload would do.
    Restart,
    /// Not at all: every change waits for the container's next start.
    Never,
}

/// A request of the user that one container start before another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRequest {
    /// The container that starts first and stops last.
    pub first: ContainerName,
    /// The container that starts after `first` and stops before it.
    pub then: ContainerName,
    /// The option that requests it.
    pub option: String,
    /// Where it is set.
    pub position: Option<Position>,
}
