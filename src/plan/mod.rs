//! Decides what to change on a host, and why.
//!
//! Takes: two [`StateView`]s, the current and the wanted state. Each may be the live host, a generation or a configuration.
//! Gives: a [`Plan`], with the changes, their reasons and costs, the firewall rules, and an acyclic graph of [`Action`]s.
//!
//! Invariants:
//! - Pure: equal inputs give an equal plan, down to the byte of its JSON.
//! - Two unknown values are equal only if the same expression over the same inputs yields both.
//! - The cost shown is never lower than the cost of what apply does ([`cost`]).
//! - Reasons are for readers. What to do is in [`Plan::order`] and [`Plan::targets`].
//!
//! Not here: the text of the rules ([`crate::render::nft`]), and anything that waits.

pub mod cost;
mod decide;
mod diff;
pub(crate) mod drift;
pub(crate) mod facts;
mod firewall;
pub(crate) mod graph;
mod lower;
mod option;
pub(crate) mod program;
mod reasons;
pub(crate) mod redact;
pub mod saved;
pub mod show;
mod stages;
pub(crate) mod standing;
mod state_view;

use std::collections::{BTreeMap, BTreeSet};

pub use cost::Disruption;
pub use diff::strip_positions;
pub use drift::Drift;
pub use firewall::FirewallChange;
pub use graph::{Action, Order, OrderRequest};
pub use program::ProgramChange;
pub use stages::{Stage, Standing};
pub use state_view::{Configuration, StateView};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diag::render::{Suggestion, suggestion};
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::{ContainerName, Position};
use crate::source::{Location, SourceMap};
use crate::state::Record;

/// What kind of state one side of a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// The live host.
    Host,
    /// A git revision of a configuration.
    Revision,
    /// A configuration on disk.
    File,
    /// A manifest, or a generation, which contains one.
    Manifest,
}

/// The name of one side of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What kind of state it is.
    pub kind: EndpointKind,
    /// The host's name, the revision, or the path as given.
    pub name: String,
}

/// Options of a plan.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The only containers to show and change (`--only`); `None` means all.
    pub only: Option<BTreeSet<ContainerName>>,
    /// How far running containers may be disrupted.
    pub restart_mode: RestartMode,
    /// The order of containers that the user requests.
    pub stated: Vec<OrderRequest>,
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

/// What is done to a container, as a user would say it. [`Order`] has the single steps.
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

/// Counts of containers by the most disruptive thing that is done to each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Created.
    pub create: usize,
    /// Reloaded.
    pub reload: usize,
    /// Restarted.
    pub restart: usize,
    /// Stopped.
    pub stop: usize,
    /// Removed.
    pub remove: usize,
    /// 1 if the rules are replaced: there is only one table.
    pub firewall: usize,
    /// Unchanged.
    pub unchanged: usize,
}

/// A finding that can be printed without the sources, since it has its position as file, line and column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable code.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The position to change.
    pub position: Option<Position>,
    /// The edit that certainly fixes it, if there is one.
    pub suggestion: Option<Suggestion>,
}

impl Finding {
    /// Converts a diagnostic, and looks up the position of its first label in `sources`.
    pub fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let location = diagnostic.labels.first().and_then(|label| sources.locate(label.span.start));
        let position = location.map(|Location { file, line, column }| Position { file, line, column });
        Self { position, suggestion: suggestion(diagnostic, sources), ..Self::from(diagnostic.clone()) }
    }

    /// Converts back to a diagnostic, which then has a location instead of a span.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let Self { code, severity, message, help, position, .. } = self.clone();
        let location = position.map(|Position { file, line, column }| Location { file, line, column });
        Diagnostic { severity, help, location, ..Diagnostic::error(code, message) }
    }

    fn at(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }
}

impl From<Diagnostic> for Finding {
    fn from(diagnostic: Diagnostic) -> Self {
        let Diagnostic { code, severity, message, help, .. } = diagnostic;
        Self { code, severity, message, help, position: None, suggestion: None }
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

/// What to change on a host, and why.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The current state.
    pub from: Endpoint,
    /// The wanted state.
    pub to: Endpoint,
    /// The host first, then the containers by name.
    pub changes: Vec<Change>,
    /// The firewall rules.
    pub firewall: FirewallChange,
    /// The change of the program that units call, if it is renewed.
    pub program: Option<ProgramChange>,
    /// Counts of containers.
    pub summary: Summary,
    /// The single steps, and which of them wait for which.
    pub order: Order,
    /// Errors, warnings and notes about the plan.
    pub findings: Vec<Finding>,
    /// Containers whose guests must be built before any step can run.
    pub builds: BTreeSet<ContainerName>,
    /// The records for each container that a step names.
    pub targets: BTreeMap<ContainerName, Target>,
    /// For each container, the others that take over one of its resources (an address, an interface). While one of them holds
    /// it, the container cannot go back to its former state.
    pub rivals: BTreeMap<ContainerName, BTreeSet<ContainerName>>,
}

impl Plan {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.firewall.changed && self.program.is_none()
    }

    /// Whether an error forbids applying the plan.
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Plans how to get from the state `from` to the state `to`.
pub fn plan(from: &StateView, to: &StateView, options: &Options) -> Plan {
    let mut decisions = decide::decide(from, to, options);
    let firewall = firewall::change(from, to, options, &decisions);
    let mut changes: Vec<Change> = firewall::host_change(from, to, options, &firewall).into_iter().collect();
    let summary = Summary {
        firewall: usize::from(firewall.changed),
        unchanged: decisions.unchanged,
        ..decisions.changes.iter().fold(Summary::default(), count)
    };
    let program = program::change(from, !decisions.steps.is_empty());
    let graph::Ordered { order, rivals, findings: cycles } =
        graph::order(&decisions, program.as_ref(), &firewall, &options.stated);
    changes.append(&mut decisions.changes);
    let mut findings = [from.findings.clone(), to.findings.clone(), decisions.findings, cycles].concat();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let (targets, builds) = (decisions.targets, decisions.builds);
    Plan {
        from: from.endpoint.clone(),
        to: to.endpoint.clone(),
        changes,
        firewall,
        program,
        summary,
        order,
        findings,
        builds,
        targets,
        rivals,
    }
}

fn count(mut summary: Summary, change: &Change) -> Summary {
    match change.verbs.iter().max() {
        Some(Verb::Create) => summary.create += 1,
        Some(Verb::Start) if change.verbs.contains(&Verb::Create) => summary.create += 1,
        Some(Verb::Reload) => summary.reload += 1,
        Some(Verb::Restart) => summary.restart += 1,
        Some(Verb::Stop) => summary.stop += 1,
        Some(Verb::Remove) => summary.remove += 1,
        // The contract's summary does not count what costs nothing.
        Some(Verb::UpdateUnit | Verb::Start) | None => {}
    }
    summary
}
