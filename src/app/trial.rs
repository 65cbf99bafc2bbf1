//! `try`: throw-away containers beside those of the host.

mod aside;
mod port_set;

use std::collections::BTreeMap;

use aside::{Taken, move_aside};
use tracing::Level;

use super::build::{complete, load_as_invoker, refuse};
use super::carry_out::apply_plan;
use super::configuration::Configuration;
use super::context::Context;
use super::findings::failed_step;
use super::generation::generation;
use super::guest::{GuestCommand, GuestHost, run_in_guest};
use super::live_host::LiveHost;
use super::only::{Scope, about_covered, require_known};
use super::options::ConfigOptions;
use super::plan::{between, observe, options, show_findings};
use super::ready;
use super::switch::require_systemd;
use super::ui::Run;
use crate::apply::Builder;
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::path::OptionSpans;
use crate::model::spec::NatSpec;
use crate::model::view::View;
use crate::model::{ContainerName, Manifest};
use crate::plan::{self, Plan, RestartMode, StateView};
use crate::state::{Generation, Snapshot};

/// How to try a configuration.
#[derive(Debug, Clone, Copy)]
pub struct TrialOptions<'a> {
    /// Whether to start the containers without asking.
    pub yes: bool,
    /// Whether to wait for another process that changes the host.
    pub wait: bool,
    /// The lints to silence.
    pub allow: &'a [Code],
    /// What to run in the first container.
    pub command: &'a GuestCommand,
}

/// How a trial ended, if no error did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialResult {
    /// The containers cannot be started, for reasons that were shown.
    Refused,
    /// The user did not agree.
    Declined,
    /// The command ended with this exit status, and the containers are gone.
    Ended(u8),
}

/// Starts the containers of a configuration beside those of the host, runs a command in the first of them, and removes them
/// again. What they have in common with the host's containers (names, addresses, ports) is moved aside; their roots are
/// ephemeral. No generation is recorded: if this process is killed, the next switch removes what is left.
///
/// # Errors
///
/// What prevents it, or did not succeed; the containers are removed even so.
pub fn try_out(
    cx: &Context<'_>,
    config: &ConfigOptions,
    (host, builder): (&dyn GuestHost, &dyn Builder),
    how: &TrialOptions<'_>,
) -> Result<TrialResult, Vec<Diagnostic>> {
    let mut configuration = load_as_invoker(cx, config)?;
    let warnings = refuse(cx, &configuration, how.allow)?;
    require_known(cx, configuration.manifest.containers.keys(), Scope::Configuration)?;
    configuration.manifest.containers.retain(|name, _| cx.covers(name));
    let (_lock, snapshot) = ready::begin(cx, host, how.wait)?;
    require_systemd(&snapshot)?;
    cx.ui.findings(&warnings);
    configuration = configuration.with_known_systems(&snapshot, |system| host.exists(system));
    let taken = Taken::on(&snapshot);

    let (early, _) = on_trial(&configuration, &taken);
    let names: Vec<ContainerName> = early.manifest.containers.keys().cloned().collect();
    let Some(first) = names.first() else {
        let error = Diagnostic::error(Code::Usage, format!("{} declares no containers", configuration.given));
        return Err(vec![error.help("name a configuration with `containers`")]);
    };
    let trial = &Context { only: &names, ..*cx };
    let plan = between((trial, host), &early, &early.check_model(), &snapshot, RestartMode::Auto);
    if plan.is_refused() {
        show_findings(cx, &plan);
        return Ok(TrialResult::Refused);
    }
    let about = generation(trial, &early, &snapshot);
    ready::before_build(trial, (host, builder), &early, (&snapshot, &plan), &about)?;
    let built = complete(cx, builder, &mut configuration)?;

    let (ready, notes) = on_trial(&configuration, &taken);
    let checked = ready.check_model();
    if !checked.unknown.is_empty() {
        return Err(checked.unknown);
    }
    let missing = ready.missing(&checked.spec, host, &snapshot);
    let missing = about_covered(trial, &ready, missing);
    if missing.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(missing);
    }
    let plan = between((trial, host), &ready, &checked, &snapshot, RestartMode::Auto);
    show_findings(cx, &plan);
    if plan.is_refused() {
        return Ok(TrialResult::Refused);
    }
    cx.ui.findings(&missing);
    notes.iter().for_each(|note| cx.ui.progress(note));
    // With `yes`, what is printed is what the command prints.
    if !how.yes {
        cx.ui.plan(&plan);
        if !cx.ui.consent("Start these containers for a trial?")? {
            cx.ui.progress("Nothing was changed.");
            return Ok(TrialResult::Declined);
        }
    }

    let run = cx.ui.hold();
    run.note(Level::INFO, &format!("trial of {} started", configuration.given));
    let started = carry_out(host, &plan, run.as_ref());
    run.close();
    // The screen belongs to the guest now.
    drop(run);
    let ended = started.and_then(|()| run_in_guest(host, first, how.command));
    // What interrupted the command does not interrupt this.
    let run = cx.ui.hold();
    let removed = remove(trial, host, &ready.manifest, run.as_ref());
    run.note(Level::INFO, &format!("trial of {} ended", configuration.given));
    run.close();
    drop(built);
    match (ended, removed) {
        (Ok(status), Ok(())) => Ok(TrialResult::Ended(status)),
        (ended, removed) => Err([ended.err(), removed.err()].into_iter().flatten().flatten().collect()),
    }
}

/// The configuration with its containers moved aside, and what was moved.
fn on_trial(configuration: &Configuration, taken: &Taken) -> (Configuration, Vec<String>) {
    let mut trial = configuration.clone();
    let notes = move_aside(&mut trial.manifest, taken);
    // All of these go by the former names. What was to be said about them was said before.
    trial.spans = OptionSpans::default();
    trial.guest_keys = BTreeMap::new();
    trial.unknown_keys = BTreeMap::new();
    trial.guests = BTreeMap::new();
    trial.host_view = View::default();
    (trial, notes)
}

fn carry_out(host: &dyn LiveHost, plan: &Plan, run: &dyn Run) -> Result<(), Vec<Diagnostic>> {
    let report = apply_plan(host, plan, run, (false, false));
    if report.is_complete() {
        return Ok(());
    }
    let mut failed: Vec<_> =
        report.failed.iter().map(|(action, error)| failed_step(error, action.container())).collect();
    if failed.is_empty() {
        failed.push(Diagnostic::error(Code::Host, "interrupted before all containers were ready"));
    }
    Err(failed)
}

/// Removes the containers of the trial. Whatever happened to them, the host goes back to its generation.
fn remove(
    trial: &Context<'_>,
    host: &dyn LiveHost,
    manifest: &Manifest,
    run: &dyn Run,
) -> Result<(), Vec<Diagnostic>> {
    let snapshot: Snapshot = observe(host)?;
    let nothing = Generation {
        number: 0,
        recorded: None,
        source: String::new(),
        revision: None,
        manifest: Manifest { containers: BTreeMap::new(), ..manifest.clone() },
        records: BTreeMap::new(),
        nat: NatSpec::default(),
        guests: BTreeMap::new(),
    };
    let wanted = StateView::generation(snapshot.generation.as_ref().unwrap_or(&nothing));
    let plan = plan::plan(&StateView::host(&snapshot), &wanted, &options(trial, RestartMode::Auto));
    let removed = carry_out(host, &plan, run);
    removed.map_err(|errors| {
        let help = "the next `container-rebuild switch` removes what is left of the trial";
        errors.into_iter().map(|error| error.help(help)).collect()
    })
}
