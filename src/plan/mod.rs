//! Decides what has to happen, and why.
//!
//! Takes: two [`StateView`]s, what is and what is wanted; either may be the live host, a generation or a configuration.
//! Gives: a [`Plan`]: the changes with their reasons and costs, the rules, and an acyclic graph of [`Action`]s.
//!
//! Invariants:
//! - Pure: equal inputs give an equal plan, down to the byte of its JSON.
//! - Two unknown values are equal only when the same expression over the same inputs yields both.
//! - The cost that is shown is never lower than what apply causes ([`cost`]).
//! - Reasons are for readers; what is done is in [`Plan::order`] and [`Plan::targets`].
//!
//! Not here: the rules themselves ([`crate::render::nft`]), and anything that waits.

pub mod cost;
mod decide;
mod diff;
pub mod drift;
pub mod facts;
mod firewall;
pub mod graph;
mod lower;
mod option;
pub mod program;
mod reasons;
pub(crate) mod redact;
pub mod saved;
pub mod show;
mod stages;
pub mod standing;
mod state_view;

use std::collections::{BTreeMap, BTreeSet};

pub use cost::Disruption;
pub use diff::forget_places;
pub use drift::Drift;
pub use firewall::FirewallChange;
pub use graph::{Action, Order, OrderRequest};
pub use program::ProgramChange;
pub use stages::{Stage, Standing};
pub use state_view::{Configuration, Configured, GuestOptions, GuestView, StateView, UnknownKeys, Version};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diag::render::{Suggestion, suggestion};
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::{ContainerName, Position};
use crate::source::{Location, SourceMap};
use crate::state::Record;

/// What a side of the plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EndpointKind {
    /// The live host.
    Host,
    /// A git revision of a configuration.
    Revision,
    /// A configuration as it lies on disk.
    File,
    /// A manifest, or a generation, which holds one.
    Manifest,
}

/// One side of the plan, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What it is.
    pub kind: EndpointKind,
    /// The host's name, the revision, or the path as given.
    pub name: String,
}

/// What is to be planned.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The containers that may be shown and touched; `None` means all.
    pub only: Option<BTreeSet<ContainerName>>,
    /// How far running containers may be disturbed.
    pub restart_mode: RestartMode,
    /// What the user says about the order of containers.
    pub stated: Vec<OrderRequest>,
}

/// How running containers are brought up to date (`--restart-mode`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartMode {
    /// By what costs least.
    #[default]
    Auto,
    /// In place or not at all: what would need a restart waits for the next start.
    Reload,
    /// By a restart, also where less would do.
    Restart,
    /// Not at all: every change of a running container waits for its next start.
    Never,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The option, relative to the container and quoted as Nix does; empty for the container as a whole.
    pub option: String,
    /// Its value before.
    pub before: serde_json::Value,
    /// Its value after.
    pub after: serde_json::Value,
    /// Where it is set; where it was set when it no longer is.
    pub position: Option<Position>,
    /// Where it was set before, when that is known.
    pub old_position: Option<Position>,
    /// Whether a value is unknown, so that there may be no difference after all.
    pub may: bool,
    /// What the change costs.
    pub disruption: Disruption,
}

/// What is done to a container, as people call it; [`Order`] holds the single steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Its files are written for the first time.
    Create,
    /// Its files are written again; what runs goes on.
    UpdateUnit,
    /// It is started.
    Start,
    /// It is changed while it runs.
    Reload,
    /// It is stopped and started.
    Restart,
    /// It is stopped.
    Stop,
    /// Its files are removed; what is kept stays.
    Remove,
}

impl Verb {
    /// The word in `actions`.
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

/// All that changes for one container, or for the host.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The container; `None` for the host itself.
    pub container: Option<ContainerName>,
    /// What is done to it; nothing where only rules change.
    pub verbs: Vec<Verb>,
    /// What that costs.
    pub disruption: Disruption,
    /// Whether it depends on values that are not known yet.
    pub may: bool,
    /// Whether its root is lost.
    pub wipes_root: bool,
    /// Why it goes on running as it was, where it does.
    pub stays_stale: Option<Stale>,
    /// Paths of the host that hold its data, none of which is touched.
    pub keeps: Vec<String>,
    /// How it was not as it had been left, which this repairs too.
    pub drift: Vec<Drift>,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Why a running container is not brought up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// Its `restartIfChanged` is false.
    RestartIfChanged,
    /// `--restart-mode` does not go as far as the change costs.
    RestartMode,
}

impl Stale {
    /// The reason in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RestartIfChanged => "restartIfChanged is false",
            Self::RestartMode => "--restart-mode goes no further",
        }
    }
}

/// Containers by the heaviest thing that is done to them.
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
    /// 1 when the rules are replaced: there is one table.
    pub firewall: usize,
    /// Left as they are.
    pub unchanged: usize,
}

/// A finding with its place, fit for printing without the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable name.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The place that is to be changed.
    pub position: Option<Position>,
    /// What certainly mends it, where there is such a thing.
    pub suggestion: Option<Suggestion>,
}

impl Finding {
    /// A diagnostic of another layer, its first label looked up in `sources`.
    pub fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let place = diagnostic.labels.first().and_then(|label| sources.locate(label.span.start));
        let position = place.map(|place| Position { file: place.file, line: place.line, column: place.column });
        Self { position, suggestion: suggestion(diagnostic, sources), ..Self::from(diagnostic.clone()) }
    }

    /// The same as a diagnostic, whose place is text.
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

/// What a container is told to be, and what it was told before.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What the next start is to bring; `None` while something of it is unknown, and when it is removed.
    pub record: Option<Record>,
    /// What runs, or would have been started, until now: the way back.
    pub former: Option<Record>,
}

/// What has to happen.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is.
    pub from: Endpoint,
    /// What is wanted.
    pub to: Endpoint,
    /// The host first, then the containers by name.
    pub changes: Vec<Change>,
    /// The rules.
    pub firewall: FirewallChange,
    /// The program that units call, where it is renewed.
    pub program: Option<ProgramChange>,
    /// The counts.
    pub summary: Summary,
    /// The single steps and what has to wait for what.
    pub order: Order,
    /// What is to be said about it.
    pub findings: Vec<Finding>,
    /// Containers whose guests have to be built before any of it can be done.
    pub builds: BTreeSet<ContainerName>,
    /// For each container that a step names.
    pub targets: BTreeMap<ContainerName, Target>,
    /// For each container of which something goes to others (an address, an interface): those others. While one of them has
    /// it, there is no way back.
    pub rivals: BTreeMap<ContainerName, BTreeSet<ContainerName>>,
}

impl Plan {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && !self.firewall.changed && self.program.is_none()
    }

    /// Whether a finding forbids applying it.
    pub fn is_refused(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }
}

/// Plans the way from `from` to `to`.
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
    let graph::Ordered { order, rivals, findings: circles } =
        graph::order(&decisions, program.as_ref(), &firewall, &options.stated);
    changes.append(&mut decisions.changes);
    let mut findings = [from.findings.clone(), to.findings.clone(), decisions.findings, circles].concat();
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
        // The contract has no count for what costs nothing.
        Some(Verb::UpdateUnit | Verb::Start) | None => {}
    }
    summary
}
