//! What changes for one container or for the host, and why.

use schemars::JsonSchema;
use serde::Serialize;

use super::cost::Disruption;
use super::drift::Drift;
use crate::model::{ContainerName, Position};
use crate::state::{NoSwitch, Record};

/// One difference that explains a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The option, relative to the container and quoted as Nix quotes it; empty for the container as a whole.
    pub option: String,
    /// Its value before.
    pub before: serde_json::Value,
    /// Its value after.
    pub after: serde_json::Value,
    /// Where it is set, or where it was set before it was removed.
    pub position: Option<Position>,
    /// Where it was set before, if known.
    pub old_position: Option<Position>,
    /// Whether a value is unknown, so that the two may be equal after all.
    pub may: bool,
    /// What the change costs.
    pub disruption: Disruption,
}

/// What is done to a container, as a user would say it. [`super::Order`] has the single steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Its files are written for the first time.
    Create,
    /// Its files are rewritten, and it keeps running.
    UpdateUnit,
    /// It is started.
    Start,
    /// It is changed while it runs.
    Reload,
    /// It is stopped and started.
    Restart,
    /// It is stopped.
    Stop,
    /// Its files are removed, except its kept root and what it bind-mounts.
    Remove,
}

impl Verb {
    /// The name in the `actions` field of the JSON plan.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::UpdateUnit => "update-unit",
            Self::Start => "start",
            Self::Reload => "reload",
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Remove => "remove",
        }
    }
}

/// Everything that changes for one container, or for the host.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The container; `None` for the host itself.
    pub container: Option<ContainerName>,
    /// What is done to it; empty if only firewall rules change.
    pub verbs: Vec<Verb>,
    /// The cost.
    pub disruption: Disruption,
    /// Whether the change depends on values that are still unknown.
    pub may: bool,
    /// Whether its ephemeral root is wiped.
    pub wipes_root: bool,
    /// Why the container keeps running unchanged, if it does.
    pub stays_stale: Option<Stale>,
    /// Why its guest cannot switch to its new system while it runs, if that is known.
    pub no_switch: Option<NoSwitch>,
    /// Host paths that hold its data, which is never touched.
    pub keeps: Vec<String>,
    /// The drift that this change repairs as well.
    pub drift: Vec<Drift>,
    /// Why the change is made.
    pub reasons: Vec<Reason>,
}

/// Why a running container is not brought up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Its `restartIfChanged` is false.
    RestartIfChanged,
    /// The change costs more than `--restart-mode` allows.
    RestartMode,
}

impl Stale {
    /// The reason, for users.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RestartIfChanged => "restartIfChanged is false",
            Self::RestartMode => "--restart-mode does not allow it",
        }
    }
}

/// The records that a container's steps work with.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What the next start uses. `None` if the container is removed, or if part of it is still unknown.
    pub record: Option<Record>,
    /// What the container ran with, or would have started with, before: what a failed change goes back to.
    pub former: Option<Record>,
}
