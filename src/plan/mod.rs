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

mod action;
mod change;
pub mod cost;
mod decide;
mod diff;
pub(crate) mod drift;
pub(crate) mod facts;
mod filter;
mod finding;
mod firewall;
pub(crate) mod graph;
mod holders;
mod interfaces;
mod loopback;
mod lost;
mod option;
pub(crate) mod program;
mod reasons;
pub(crate) mod redact;
mod request;
pub mod saved;
pub mod show;
mod stages;
pub(crate) mod standing;
mod state_view;
mod switching;
mod version;

use std::collections::{BTreeMap, BTreeSet};

pub use action::{Action, Order};
pub use change::{Change, Reason, Stale, Target, Verb};
pub use cost::Disruption;
pub use diff::strip_positions;
pub use drift::Drift;
pub use finding::Finding;
pub use firewall::FirewallChange;
pub use interfaces::Interfaces;
pub(crate) use lost::Lost;
pub use program::ProgramChange;
pub use request::{Options, OrderRequest, RestartMode};
pub use stages::{Stage, Standing};
pub use state_view::{Configuration, Endpoint, EndpointKind, StateView};
pub use switching::switched_systems;

use crate::diag::Severity;
use crate::model::ContainerName;

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
    /// The interfaces of the host that belong to containers.
    pub interfaces: Interfaces,
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
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use container_rebuild::eval::{Arena, Evaluator, Settings};
/// use container_rebuild::modules::{self, Guests};
/// use container_rebuild::plan::{Configuration, Endpoint, EndpointKind, Options, StateView, Verb, plan};
/// use container_rebuild::source::{MemoryFiles, SourceMap};
///
/// let files = MemoryFiles::new().with("/host.nix", r#"{ containers.wasabi.path = "/nix/store/system"; }"#);
/// let (arena, sources) = (Arena::new(), SourceMap::new());
/// let mut evaluator = Evaluator::new(&arena, &files, &sources, Settings { unknowns: true, ..Settings::default() });
/// let host = modules::evaluate(&mut evaluator, Path::new("/host.nix"), Guests::All).expect("no errors");
/// let endpoint = |name: &str| Endpoint { kind: EndpointKind::File, name: name.to_owned() };
/// let wanted = StateView::configuration(&Configuration {
///     endpoint: endpoint("host.nix"),
///     manifest: &host.manifest,
///     guest_keys: &host.guest_keys,
///     unknown_keys: &host.unknown_keys,
///     guests: &host.guests,
///     sources: None,
///     spec: None,
///     missing_modules: host.missing_modules,
/// });
/// let plan = plan(&StateView::absent(endpoint("nothing"), "host.nix"), &wanted, &Options::default());
/// assert_eq!(plan.summary.create, 1);
/// assert!(plan.changes[0].verbs.contains(&Verb::Create));
/// ```
pub fn plan(from: &StateView, to: &StateView, options: &Options) -> Plan {
    let mut decisions = decide::decide(from, to, options);
    let firewall = firewall::change(from, to, options, &decisions);
    let interfaces = interfaces::change(from, &firewall, &decisions);
    let mut changes: Vec<Change> = firewall::host_change(from, to, options, &firewall).into_iter().collect();
    let summary = Summary {
        firewall: usize::from(firewall.changed),
        unchanged: decisions.unchanged,
        ..decisions.changes.iter().fold(Summary::default(), count)
    };
    let program = program::change(from.program, from.has_units(), !decisions.steps.is_empty());
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
        interfaces,
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
