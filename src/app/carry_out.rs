//! Applies the plan of a switch, and records how that ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::Level;

use super::boot_service;
use super::context::Context;
use super::findings::{failed_step, of_degraded};
use super::last_switch::SwitchRecord;
use super::live_host::LiveHost;
use super::sources;
use super::stage::Stage;
use super::ui::Run;
use crate::apply::{Applier, Degraded, Event, HostError, Report};
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::plan::{Interfaces, Plan, RestartMode};
use crate::state::{Activation, Generation, Snapshot, SwitchOutcome};

/// A plan whose steps all succeeded.
#[derive(Debug)]
pub struct Applied {
    /// The guests that run with failed units.
    pub degraded: Vec<Degraded>,
    /// Whether the user wanted to stop, when there was nothing left to stop.
    pub is_interrupted: bool,
    /// The number of the generation that is current now.
    pub generation: u32,
}

/// How to apply a plan.
#[derive(Debug, Clone, Copy)]
pub struct ApplyOptions {
    /// Whether to apply it without asking.
    pub yes: bool,
    /// Whether to go on with other containers after a step has failed.
    pub keep_going: bool,
    /// Whether to wait for another process that changes the host.
    pub wait: bool,
    /// Go back unless somebody confirms within this time that it works.
    pub confirm: Option<Duration>,
    /// How far running containers may be disrupted.
    pub restart_mode: RestartMode,
}

/// Applies the plan. From here on, neither a closed pipe nor a lost terminal ends the process.
pub(super) fn apply(
    cx: &Context<'_>,
    host: &dyn LiveHost,
    plan: &Plan,
    (generation, activation): (&Generation, Activation),
    snapshot: &Snapshot,
    keep_going: bool,
) -> Result<Applied, Vec<Diagnostic>> {
    let _stage = Stage::Apply.begin();
    let run = cx.ui.hold();
    run.note(Level::INFO, &format!("switch to {} started", generation.source));
    let noted = SwitchRecord::begin(cx, host, generation);
    let (outcome, how) = carry_out(cx, host, plan, (generation, activation), (run.as_ref(), keep_going));
    let findings = outcome.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    noted.end(cx, host, how, findings);
    run.note_findings(findings);
    run.note_findings(&no_boot_service(plan, snapshot, outcome.is_ok()));
    let (level, word) = match how {
        SwitchOutcome::Done => (Level::INFO, "succeeded"),
        SwitchOutcome::Interrupted => (Level::WARN, "was interrupted"),
        _ => (Level::ERROR, "failed"),
    };
    run.note(level, &format!("switch to {} {word}", generation.source));
    run.close();
    outcome
}

/// Applies the plan, and records or activates the generation if all steps succeed.
fn carry_out(
    cx: &Context<'_>,
    host: &dyn LiveHost,
    plan: &Plan,
    (generation, activation): (&Generation, Activation),
    (run, keep_going): (&dyn Run, bool),
) -> (Result<Applied, Vec<Diagnostic>>, SwitchOutcome) {
    if let Err(findings) = sources::prepare(host, plan) {
        return (Err(findings), SwitchOutcome::Failed);
    }
    let report = apply_plan(host, plan, run, (keep_going, true));
    let changed = plan.changes.iter().filter_map(|change| change.container.as_ref());
    let left = mounts_left(host, changed);
    cx.ui.findings(&left);
    run.note_findings(&left);
    let degraded = of_degraded(&report.degraded);
    cx.ui.findings(&degraded);
    run.note_findings(&degraded);
    let failed = report.failed.iter();
    let mut findings: Vec<_> = failed.map(|(action, error)| failed_step(error, action.container())).collect();
    if report.is_complete() {
        let number = match generation.number {
            0 => host.record_generation(generation, activation),
            number => host.activate_generation(number, activation).map(|()| number),
        };
        return match number {
            Ok(generation) => {
                // Not before: what is compared with the host then is this generation.
                host.follow(&plan.interfaces.restored_after);
                let is_interrupted = run.is_interrupted();
                (Ok(Applied { degraded: report.degraded, is_interrupted, generation }), SwitchOutcome::Done)
            }
            Err(error) => (Err(vec![Diagnostic::caused_by(Code::Host, &error)]), SwitchOutcome::Failed),
        };
    }
    let has_failed = report.failed.iter().any(|(_, error)| !matches!(error, HostError::StoppedWaiting { .. }));
    let how = if run.is_interrupted() && !has_failed { SwitchOutcome::Interrupted } else { SwitchOutcome::Failed };
    if !report.skipped.is_empty() {
        let skipped: Vec<_> = report
            .skipped
            .iter()
            .map(|action| match action.container() {
                Some(name) => format!("{} {name}", action.as_str()),
                None => action.as_str().to_owned(),
            })
            .collect();
        findings.push(Diagnostic::error(Code::Host, format!("skipped: {}", skipped.join(", "))));
    }
    let message = "the next boot starts the former generation, since part of the plan failed or was skipped";
    findings.push(Diagnostic::warning(Code::Host, message).help("fix the cause, then run `switch` again"));
    (Err(findings), how)
}

/// Applies a plan. Unless `keep_going`, no further step begins once one has failed. Unless `checks_health`, a guest that is ready
/// is up.
pub(super) fn apply_plan(
    host: &dyn LiveHost,
    plan: &Plan,
    run: &dyn Run,
    (keep_going, checks_health): (bool, bool),
) -> Report {
    let has_failed = AtomicBool::new(false);
    let watch = |event: Event<'_>| {
        if matches!(event, Event::Failed(..)) {
            has_failed.store(true, Ordering::SeqCst);
        }
        run.event(plan, event);
    };
    let stop = || run.is_interrupted() || (!keep_going && has_failed.load(Ordering::SeqCst));
    let (at_once, workers) = (host.starts_at_once(), host.workers());
    let report = Applier { host, at_once, workers, stop: &stop, watch: &watch, checks_health }.apply(plan);
    compact_journal(host);
    report
}

/// Writes again what keeps other programs from the interfaces of containers, and what puts back what those lose, if a plan has
/// nothing to do: its steps do that otherwise.
pub(super) fn guard(host: &dyn LiveHost, plan: &Plan) -> Result<(), Vec<Diagnostic>> {
    let Interfaces { finally, restored_after, bridges, loopback, hosts, .. } = &plan.interfaces;
    let written = host.release_bridges(bridges).and_then(|()| host.leave_alone(finally)).and_then(|()| {
        host.name_in_hosts(hosts)?;
        let are_unread = [host.restore_after(restored_after)?, host.lead_loopback(loopback)?];
        if are_unread.contains(&true) { host.reload_units() } else { Ok(()) }
    });
    written.map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])?;
    host.follow(restored_after);
    Ok(())
}

/// Drops what is done from the journal of the apply in hand. If that fails, the next switch tries again.
pub(super) fn compact_journal(host: &dyn LiveHost) {
    if let Err(error) = host.compact_journal() {
        tracing::warn!(%error, "cannot compact the journal of the apply");
    }
}

/// Warnings about mounts that keep former roots of these containers from being removed.
pub(super) fn mounts_left<'a>(
    host: &dyn LiveHost,
    names: impl Iterator<Item = &'a ContainerName>,
) -> Vec<Diagnostic> {
    let left = names.flat_map(|name| host.mounts_left(name).into_iter().map(move |mount| (name, mount)));
    left.map(|(name, mount)| {
        let message = format!("cannot remove a former root of `{name}`: {} is mounted there", mount.description);
        let help = format!(
            "nothing on it was touched; when you no longer need it there, run `umount {}`, and the rest of the root is removed \
             by the next switch, start or stop",
            mount.at.display()
        );
        Diagnostic::warning(Code::ForeignMount, message).help(help)
    })
    .collect()
}

/// Warns if the next boot will not start the containers. `is_done` says whether the plan succeeded, which may repair that.
pub(super) fn no_boot_service(plan: &Plan, snapshot: &Snapshot, is_done: bool) -> Vec<Diagnostic> {
    let mut service = snapshot.boot_service.clone();
    service.is_program_gone &= !(is_done && plan.program.is_some() && service.is_repairable());
    boot_service::warning(&service)
}
