//! `switch`, `test` and `boot`: evaluate, build, plan, ask, apply, and record the generation.

use super::build::{complete, load_as_invoker, refuse};
use super::carry_out::{Applied, ApplyOptions, apply, compact_journal, guard, no_boot_service};
use super::confirm;
use super::context::Context;
use super::generation::{generation, record_quietly};
use super::last_switch::note_nothing_to_do;
use super::live_host::LiveHost;
use super::only::{Scope, about_covered, names, require_known};
use super::options::ConfigOptions;
use super::plan::{between, show_findings};
use super::{boot_service, ready};
use crate::apply::Builder;
use crate::diag::{Code, Diagnostic, Severity};
use crate::plan::saved::{Moved, Saved};
use crate::plan::{Plan, Verb};
use crate::render::paths;
use crate::state::{Activation, Generation, Snapshot};

/// How to switch.
#[derive(Debug, Clone, Copy)]
pub struct SwitchOptions<'a> {
    /// When the configuration takes effect.
    pub activation: Activation,
    /// How to apply the plan.
    pub apply: ApplyOptions,
    /// Whether the configuration may come from another source than the last one, and remove most containers.
    pub allow_remove: bool,
    /// The lints to silence.
    pub allow: &'a [Code],
    /// The saved plan that the switch must follow.
    pub kept: Option<&'a Saved>,
}

/// How a switch ended, if no error prevented it.
#[derive(Debug)]
pub enum SwitchResult {
    /// The plan cannot be carried out, for reasons that were shown.
    Refused(Plan),
    /// There was nothing to do.
    UpToDate(Plan),
    /// The generation of this number takes effect at the next boot, and nothing has changed.
    Recorded(u32),
    /// The user did not agree.
    Declined(Plan),
    /// All steps succeeded.
    Applied {
        /// The plan.
        plan: Plan,
        /// What became of it.
        applied: Applied,
    },
}

/// Brings the host to the configured state, now or at the next boot.
///
/// # Errors
///
/// What prevents it, and afterwards what did not succeed.
pub fn switch(
    cx: &Context<'_>,
    config: &ConfigOptions,
    (host, builder): (&dyn LiveHost, &dyn Builder),
    how: &SwitchOptions<'_>,
) -> Result<SwitchResult, Vec<Diagnostic>> {
    let SwitchOptions { activation, apply: ApplyOptions { yes, restart_mode, .. }, allow, kept, .. } = *how;
    let mut configuration = load_as_invoker(cx, config)?;
    let warnings = refuse(cx, &configuration, allow)?;
    let inputs = configuration.inputs();
    let (lock, snapshot) = ready::begin(cx, host, how.apply.wait)?;
    if yes {
        // Nobody needs to read the plan before it is applied. Do not let a slow reader hold the lock.
        cx.ui.stop_waiting();
    }
    require_systemd(&snapshot)?;
    if !activation.is_now() {
        require_boot_service(&snapshot)?;
    }
    require_generation(cx, &snapshot)?;
    require_known(cx, names(&configuration, &snapshot), Scope::ConfigurationAndHost)?;
    // Refuse containers that belong to somebody else before building anything.
    let early = between((cx, host), &configuration, &configuration.check(), &snapshot, restart_mode);
    if early.is_refused() {
        show_findings(cx, &early);
        return Ok(SwitchResult::Refused(early));
    }
    configuration = configuration.with_known_systems(&snapshot, |system| host.exists(system));
    let now = between((cx, host), &configuration, &configuration.check(), &snapshot, restart_mode);
    // If nothing changes, the user has seen the warnings before: one line each is enough. Print them before the build.
    if now.is_empty() {
        cx.ui.headings(&warnings);
    } else {
        cx.ui.findings(&warnings);
    }
    if let Some(kept) = kept {
        kept.is_still(&inputs, &now).map_err(moved)?;
    }
    let about = generation(cx, &configuration, &snapshot);
    ready::before_build(cx, (host, builder), &configuration, (&snapshot, &early), &about)?;
    let built = complete(cx, builder, &mut configuration)?;

    let mut checked = configuration.check();
    checked.unknown.retain(|_| cx.only.is_empty());
    if !checked.unknown.is_empty() {
        return Err(checked.unknown);
    }
    let missing = configuration.missing(&checked.spec, host, &snapshot);
    let missing = about_covered(cx, &configuration, missing);
    if missing.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(missing);
    }
    let plan = between((cx, host), &configuration, &checked, &snapshot, restart_mode);
    show_findings(cx, &plan);
    if plan.is_refused() {
        return Ok(SwitchResult::Refused(plan));
    }
    // If nothing changes, the user has seen these before.
    if !plan.is_empty() {
        cx.ui.findings(&missing);
    }
    if let Some(kept) = kept {
        kept.allows(&plan).map_err(moved)?;
    }
    let generation = generation(cx, &configuration, &snapshot);
    if !activation.is_now() {
        require_allowed(cx, how, &plan, &generation, &snapshot)?;
        let number = host.record_generation(&generation, activation);
        let number = number.map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])?;
        cx.ui.progress(&format!("The next boot starts generation {number}; nothing has changed until then."));
        return Ok(SwitchResult::Recorded(number));
    }
    cx.ui.plan(&plan);
    if plan.is_empty() {
        confirm::prepare(cx, host, None, &snapshot);
        guard(host, &plan)?;
        record_quietly(host, &snapshot, &generation, activation)?;
        compact_journal(host);
        if cx.only.is_empty() {
            note_nothing_to_do(cx, host, &generation.source);
        }
        cx.ui.findings(&boot_service::warning(&snapshot.boot_service));
        return Ok(SwitchResult::UpToDate(plan));
    }
    require_allowed(cx, how, &plan, &generation, &snapshot)?;
    let result = ask_and_apply(cx, host, plan, (&generation, activation), &snapshot, &how.apply);
    drop((built, lock));
    result
}

/// Asks, applies the plan, and waits for the confirmation if there has to be one.
pub(super) fn ask_and_apply(
    cx: &Context<'_>,
    host: &dyn LiveHost,
    plan: Plan,
    (generation, activation): (&Generation, Activation),
    snapshot: &Snapshot,
    how: &ApplyOptions,
) -> Result<SwitchResult, Vec<Diagnostic>> {
    if !how.yes && !cx.ui.consent("Apply this plan?")? {
        cx.ui.progress("Nothing was changed.");
        return Ok(SwitchResult::Declined(plan));
    }
    confirm::prepare(cx, host, how.confirm, snapshot);
    // Until it is confirmed, a reboot goes back, too.
    let at_first = if how.confirm.is_some() { Activation::Test } else { activation };
    let applied = apply(cx, host, &plan, (generation, at_first), snapshot, how.keep_going);
    cx.ui.findings(&no_boot_service(&plan, snapshot, applied.is_ok()));
    match (applied, how.confirm) {
        (Ok(applied), Some(limit)) => {
            confirm::confirm(cx, host, (applied.generation, activation), snapshot, limit)?;
            Ok(SwitchResult::Applied { plan, applied })
        }
        (Ok(applied), None) => Ok(SwitchResult::Applied { plan, applied }),
        // Part of it may have been applied, and nobody would want to keep that.
        (Err(errors), Some(_)) => Err([errors, confirm::undo(cx, host, snapshot)].concat()),
        (Err(errors), None) => Err(errors),
    }
}

/// Refuses to record what boots next where nothing would boot it.
fn require_boot_service(snapshot: &Snapshot) -> Result<(), Vec<Diagnostic>> {
    let warnings = boot_service::warning(&snapshot.boot_service).into_iter();
    let errors: Vec<_> = warnings.map(|warning| Diagnostic { severity: Severity::Error, ..warning }).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

pub(super) fn require_systemd(snapshot: &Snapshot) -> Result<(), Vec<Diagnostic>> {
    if snapshot.systemd {
        return Ok(());
    }
    let diagnostic = Diagnostic::error(Code::Host, "systemd does not run here, and containers need it");
    Err(vec![diagnostic.help("`plan` and `eval` work without it")])
}

/// Refuses `--only` without a generation: it would record the other containers as they were, and so forget them all.
fn require_generation(cx: &Context<'_>, snapshot: &Snapshot) -> Result<(), Vec<Diagnostic>> {
    if cx.only.is_empty() || !snapshot.is_generation_lost {
        return Ok(());
    }
    let message = "`--only` keeps the other containers as in the current generation, which is missing or damaged";
    Err(vec![Diagnostic::error(Code::Usage, message).help("run `switch` without `--only` once, to write it again")])
}

/// Refuses what needs `--allow-remove` (contract §4, *Asking*).
fn require_allowed(
    cx: &Context<'_>,
    how: &SwitchOptions<'_>,
    plan: &Plan,
    wanted: &Generation,
    snapshot: &Snapshot,
) -> Result<(), Vec<Diagnostic>> {
    let Some(former) = &snapshot.generation else { return Ok(()) };
    // Without containers so far, nothing can be lost.
    if how.allow_remove || former.records.is_empty() {
        return Ok(());
    }
    // What the host's own configuration declares may be changed by another one until the next rebuild.
    if former.source != wanted.source && former.source != paths::HOST_MANIFEST {
        let message = format!("this host was last switched to {}, but this is {}", former.source, wanted.source);
        let diagnostic = Diagnostic::error(Code::Usage, message);
        return Err(vec![diagnostic.help("add `--allow-remove` if that is what you want")]);
    }
    let removed = plan.changes.iter().filter(|change| change.verbs.contains(&Verb::Remove)).count();
    let total = former.records.len();
    if removed > 0 && (removed == total || removed * 2 > total) && cx.only.is_empty() && total > 1 {
        let message = format!("this removes {removed} of {total} containers");
        let diagnostic = Diagnostic::error(Code::Usage, message);
        return Err(vec![diagnostic.help("add `--allow-remove` if that is what you want")]);
    }
    Ok(())
}

/// The error about a saved plan that no longer holds.
fn moved(moved: Moved) -> Vec<Diagnostic> {
    let help = "nothing was changed; make and review a new plan";
    vec![Diagnostic::caused_by(Code::PlanMoved, &moved).help(help)]
}
