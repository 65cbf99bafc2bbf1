//! `switch`: evaluates, builds, plans, asks, applies, and records the generation.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tracing::Level;

use super::health;
use super::plan::{between, print, print_findings};
use super::steps::{Steps, SwitchRecord, note_nothing_to_do};
use super::{boot, build, ready, saved};
use crate::apply::{Applier, Event, Host, HostError, Report, files};
use crate::cli::args::{AskArgs, ConfigArgs, DegradedArgs, Global, LintArgs, OnDegraded, RestartArgs};
use crate::cli::configuration::Configuration;
use crate::cli::log::Log;
use crate::cli::only::{Scope, about_covered, names, require_known};
use crate::cli::output::Stream;
use crate::cli::{Outcome, Session, failure, interrupt, output, require_root};
use crate::diag::{Code, Diagnostic, Severity};
use crate::host::linux::{Linux, Lock, LockError};
use crate::model::{ContainerName, FORMAT_VERSION, Manifest};
use crate::plan::saved::Saved;
use crate::plan::{Action, Plan, RestartMode, Verb, facts};
use crate::state::{Generation, Record, Snapshot, SwitchOutcome};

/// Brings the host to the configured state.
pub(in crate::cli) fn switch(
    session: &Session<'_>,
    config: &ConfigArgs,
    ask: &AskArgs,
    restart: &RestartArgs,
    degraded: DegradedArgs,
    lints: &LintArgs,
) -> Outcome {
    require_root("switch")?;
    let mode = restart.restart_mode.into();
    bring_to(session, config, SwitchOptions { ask, mode, degraded: degraded.degraded, lints, kept: None })
}

/// Carries out exactly the plan that a file contains, or nothing.
pub(in crate::cli) fn switch_as_planned(
    session: &Session<'_>,
    config: &ConfigArgs,
    ask: &AskArgs,
    degraded: DegradedArgs,
    lints: &LintArgs,
    file: &Path,
) -> Outcome {
    require_root("switch")?;
    let plan = saved::read(file)?;
    let config = saved::config(config, &plan);
    let only = plan.only.clone().unwrap_or_default();
    let global = Global { only, ..session.global.clone() };
    let session = Session { global: &global, ..*session };
    let how = SwitchOptions { ask, mode: plan.restart_mode, degraded: degraded.degraded, lints, kept: Some(&plan) };
    bring_to(&session, &config, how)
}

/// The options of a switch.
struct SwitchOptions<'a> {
    ask: &'a AskArgs,
    mode: RestartMode,
    degraded: OnDegraded,
    lints: &'a LintArgs,
    /// The saved plan that the switch must follow.
    kept: Option<&'a Saved>,
}

fn bring_to(session: &Session<'_>, config: &ConfigArgs, how: SwitchOptions<'_>) -> Outcome {
    let SwitchOptions { ask, mode, kept, .. } = how;
    build::watch_signals()?;
    let mut configuration = build::load(session, config)?;
    let warnings = build::refuse(session, &configuration, how.lints)?;
    let inputs = configuration.inputs();
    let (lock, snapshot) = ready::begin()?;
    if ask.yes {
        // Nobody needs to read the plan before it is applied. Do not let a slow reader hold the lock.
        output::stop_blocking();
    }
    require_systemd(&snapshot)?;
    require_generation(session, &snapshot)?;
    require_known(session, names(&configuration, &snapshot), Scope::ConfigurationAndHost)?;
    // Refuse containers that belong to somebody else before building anything.
    let early = between(session, &configuration, &configuration.check(), &snapshot, mode);
    if early.is_refused() {
        print_findings(session, &early);
        return Ok(1);
    }
    configuration = configuration.with_known_systems(&snapshot);
    let now = between(session, &configuration, &configuration.check(), &snapshot, mode);
    // If nothing changes, the user has seen the warnings before: one line each is enough. Print them before the build.
    if now.is_empty() {
        session.terminal.headings(&warnings, session.sources);
    } else {
        session.terminal.findings(&warnings, session.sources);
    }
    if let Some(kept) = kept {
        kept.is_still(&inputs, &now).map_err(saved::refused)?;
    }
    let about = generation(session, &configuration, &snapshot);
    ready::before_build(session, &configuration, &snapshot, &early, &about)?;
    let built = build::complete_with_nix(session, &mut configuration)?;

    let mut checked = configuration.check();
    checked.unknown.retain(|_| session.global.only.is_empty());
    if !checked.unknown.is_empty() {
        return Err(checked.unknown);
    }
    let missing =
        facts::missing(&configuration.manifest, &checked.spec, &configuration.spans, &Linux::new(), &snapshot);
    let missing = about_covered(session, &configuration, missing);
    if missing.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(missing);
    }
    let plan = between(session, &configuration, &checked, &snapshot, mode);
    print_findings(session, &plan);
    if plan.is_refused() {
        return Ok(1);
    }
    // If nothing changes, the user has seen these before.
    if !plan.is_empty() {
        session.terminal.findings(&missing, session.sources);
    }
    if let Some(kept) = kept {
        kept.allows(&plan).map_err(saved::refused)?;
    }
    print(session, &plan);
    let generation = generation(session, &configuration, &snapshot);
    if plan.is_empty() {
        record_quietly(&snapshot, &generation)?;
        if session.global.only.is_empty() {
            note_nothing_to_do(&generation.source);
        }
        session.terminal.findings(&boot::warning(&snapshot.boot_service), session.sources);
        return Ok(0);
    }
    allow(session, ask, &plan, &generation, &snapshot)?;
    if !consent(session, ask)? {
        session.terminal.progress("Nothing was changed.");
        return Ok(1);
    }
    let outcome = apply(session, &plan, &generation, &snapshot, how.degraded);
    drop((built, lock));
    session.terminal.findings(&no_boot_service(&plan, &snapshot, outcome.is_ok()), session.sources);
    outcome
}

/// Takes the lock that everything which changes the host holds.
pub(in crate::cli) fn lock() -> Result<Lock, Vec<Diagnostic>> {
    Linux::new().lock().map_err(|error| {
        let diagnostic = failure(Code::Locked, &error);
        vec![match error {
            LockError::Held { .. } => diagnostic.help("wait until it has finished"),
            LockError::File { .. } => diagnostic,
        }]
    })
}

fn require_systemd(snapshot: &Snapshot) -> Result<(), Vec<Diagnostic>> {
    if snapshot.systemd {
        return Ok(());
    }
    let diagnostic = Diagnostic::error(Code::Host, "systemd does not run here, and containers need it");
    Err(vec![diagnostic.help("`plan` and `eval` work without it")])
}

/// Refuses `--only` without a generation: it would record the other containers as they were, and so forget them all.
fn require_generation(session: &Session<'_>, snapshot: &Snapshot) -> Result<(), Vec<Diagnostic>> {
    if session.global.only.is_empty() || !snapshot.is_generation_lost {
        return Ok(());
    }
    let message = "`--only` keeps the other containers as in the boot generation, which is missing or damaged";
    Err(vec![Diagnostic::error(Code::Usage, message).help("run `switch` without `--only` once, to write it again")])
}

/// Refuses what needs `--allow-remove` (contract §4, *Asking*).
fn allow(
    session: &Session<'_>,
    ask: &AskArgs,
    plan: &Plan,
    wanted: &Generation,
    snapshot: &Snapshot,
) -> Result<(), Vec<Diagnostic>> {
    let Some(former) = &snapshot.generation else { return Ok(()) };
    // Without containers so far, nothing can be lost.
    if ask.allow_remove || former.records.is_empty() {
        return Ok(());
    }
    if former.source != wanted.source {
        let message = format!("this host was last switched to {}, but this is {}", former.source, wanted.source);
        let diagnostic = Diagnostic::error(Code::Usage, message);
        return Err(vec![diagnostic.help("add `--allow-remove` if that is what you want")]);
    }
    let removed = plan.changes.iter().filter(|change| change.verbs.contains(&Verb::Remove)).count();
    let total = former.records.len();
    if removed > 0 && (removed == total || removed * 2 > total) && session.global.only.is_empty() && total > 1 {
        let message = format!("this removes {removed} of {total} containers");
        let diagnostic = Diagnostic::error(Code::Usage, message);
        return Err(vec![diagnostic.help("add `--allow-remove` if that is what you want")]);
    }
    Ok(())
}

fn consent(session: &Session<'_>, ask: &AskArgs) -> Result<bool, Vec<Diagnostic>> {
    if ask.yes {
        return Ok(true);
    }
    if !output::lost(Stream::Results).is_nothing() {
        let message = "could not show the plan, so nothing was changed";
        let finding = Diagnostic::error(Code::Output, message);
        return Err(vec![finding.help("add `--yes` to apply the plan without reading it")]);
    }
    session.terminal.ask("Apply this plan?").ok_or_else(|| {
        let message = "cannot ask for confirmation without a terminal, so nothing was changed";
        vec![Diagnostic::error(Code::Usage, message).help("add `--yes` to apply the plan without being asked")]
    })
}

/// The generation to record: the containers of this configuration, and with `--only` the other ones as they were.
fn generation(session: &Session<'_>, configuration: &Configuration, snapshot: &Snapshot) -> Generation {
    let checked = configuration.check();
    let positions = Some(configuration.positions(session.sources));
    let mut manifest = Manifest { positions, ..configuration.manifest.clone() };
    let side = configuration.side(Some(&checked.spec), session.sources);
    let (mut records, mut guests) = (side.records(), side.guests());
    if !session.global.only.is_empty() {
        let former = snapshot.generation.as_ref();
        records.retain(|name, _| session.covers(name));
        guests.retain(|name, _| session.covers(name));
        manifest.containers.retain(|name, _| session.covers(name));
        for (name, record) in former.into_iter().flat_map(|former| &former.records) {
            if !session.covers(name) {
                manifest.containers.insert(name.clone(), record.container.clone());
                records.insert(name.clone(), record.clone());
                guests
                    .extend(former.and_then(|former| former.guests.get(name)).map(|it| (name.clone(), it.clone())));
            }
        }
    }
    let file = &configuration.file;
    let source = file.canonicalize().unwrap_or_else(|_| file.clone()).to_string_lossy().into_owned();
    Generation { number: 0, source, manifest, records, nat: checked.spec.nat.clone(), guests }
}

/// Updates the records if the plan is empty.
///
/// They may be outdated even so: a guest's key changes when its configuration is reworded without changing the system.
fn record_quietly(snapshot: &Snapshot, generation: &Generation) -> Result<(), Vec<Diagnostic>> {
    let host = Linux::new();
    let keys = |records: &BTreeMap<ContainerName, Record>| -> BTreeMap<_, _> {
        records
            .iter()
            .map(|(name, record)| (name.clone(), (record.guest_key.clone(), record.spec.clone())))
            .collect()
    };
    let changed = |error| vec![failure(Code::Host, &error)];
    for (name, record) in &generation.records {
        let written = snapshot.containers.get(name).and_then(|observed| observed.written.as_ref());
        if written.is_some_and(|written| written.guest_key != record.guest_key) {
            host.install(name, &files(record)).map_err(changed)?;
        }
    }
    let former = snapshot.generation.as_ref();
    let is_recorded = former.is_some_and(|former| {
        keys(&former.records) == keys(&generation.records)
            && former.source == generation.source
            && former.nat == generation.nat
            && former.guests.keys().eq(generation.guests.keys())
            && former.manifest.format_version == FORMAT_VERSION
    });
    let is_nothing = former.is_none() && generation.records.is_empty() && !snapshot.is_generation_lost;
    if !is_recorded && !is_nothing {
        host.record_generation(generation).map_err(changed)?;
    }
    Ok(())
}

/// Applies the plan. From here on, neither a closed pipe nor a lost terminal ends the process.
fn apply(
    session: &Session<'_>,
    plan: &Plan,
    generation: &Generation,
    snapshot: &Snapshot,
    policy: OnDegraded,
) -> Outcome {
    let log = Log::new(session.terminal);
    interrupt::hold(&log);
    output::stop_blocking();
    log.keep(Level::INFO, &format!("switch to {} started", generation.source), None);
    let noted = SwitchRecord::begin(session, generation);
    let (outcome, how) = carry_out(session, plan, generation, policy, &log);
    let findings = outcome.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    noted.end(how, findings);
    log.findings(findings);
    log.findings(&no_boot_service(plan, snapshot, outcome.is_ok()));
    let (level, word) = match how {
        SwitchOutcome::Done => (Level::INFO, "succeeded"),
        SwitchOutcome::Interrupted => (Level::WARN, "was interrupted"),
        _ => (Level::ERROR, "failed"),
    };
    log.keep(level, &format!("switch to {} {word}", generation.source), None);
    log.close();
    outcome
}

/// Applies the plan, and records the boot generation if all steps succeed.
fn carry_out(
    session: &Session<'_>,
    plan: &Plan,
    generation: &Generation,
    policy: OnDegraded,
    log: &Arc<Log>,
) -> (Outcome, SwitchOutcome) {
    let report = run(session, plan, log);
    let changed = plan.changes.iter().filter_map(|change| change.container.as_ref());
    let left = mounts_left(changed);
    session.terminal.findings(&left, session.sources);
    log.findings(&left);
    let degraded = health::findings(&report.degraded);
    session.terminal.findings(&degraded, session.sources);
    log.findings(&degraded);
    let failed = report.failed.iter();
    let mut findings: Vec<_> =
        failed.map(|(action, error)| health::failed_step(error, action.container())).collect();
    if report.is_complete() {
        let code = health::exit_code(&report.degraded, policy);
        let code = if interrupt::was_asked() { interrupt::EXIT_CODE } else { code };
        return match Linux::new().record_generation(generation) {
            Ok(_) => (Ok(code), SwitchOutcome::Done),
            Err(error) => (Err(vec![failure(Code::Host, &error)]), SwitchOutcome::Failed),
        };
    }
    let has_failed = report.failed.iter().any(|(_, error)| !matches!(error, HostError::LeftAlone { .. }));
    let how =
        if interrupt::was_asked() && !has_failed { SwitchOutcome::Interrupted } else { SwitchOutcome::Failed };
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

/// Warnings about mounts that keep former roots of these containers from being removed.
pub(in crate::cli) fn mounts_left<'a>(names: impl Iterator<Item = &'a ContainerName>) -> Vec<Diagnostic> {
    let host = Linux::new();
    let left = names.flat_map(|name| host.mounts_left(name).into_iter().map(move |mount| (name, mount)));
    left.map(|(name, mount)| {
        let message = format!("cannot remove a former root of `{name}`: {mount} is mounted there");
        let help = format!(
            "nothing on it was touched; when you no longer need it there, run `umount {}`, and the rest of the root is removed \
             by the next switch, start or stop",
            mount.at.display()
        );
        Diagnostic::warning(Code::ForeignMount, message).help(help)
    })
    .collect()
}

/// Applies a plan and reports its progress.
pub(in crate::cli) fn run(session: &Session<'_>, plan: &Plan, log: &Arc<Log>) -> Report {
    let host = Linux::new();
    let ongoing = Steps::new(session.terminal);
    let watch = |event: Event<'_>| match event {
        Event::Begun(action) => {
            let (line, is_shown) = ongoing.begin(action);
            log.keep_beside(Level::INFO, &line, about(action), is_shown);
        }
        Event::Done(action) => {
            ongoing.end(action);
            let line = match action {
                Action::RenewProgram | Action::WriteBootService => {
                    plan.program.as_ref().and_then(|change| change.line(action))
                }
                _ => Some(done(action)),
            };
            let Some(line) = line else { return };
            log.say(Level::INFO, &line, about(action));
        }
        Event::RulesKept(action) => ongoing.end(action),
        Event::Failed(action, error) => {
            ongoing.end(action);
            let how =
                if matches!(error, HostError::LeftAlone { .. }) { "is no longer waited for" } else { "failed" };
            let line = match action.container() {
                Some(name) => format!("{name}: {} {how}", action.as_str()),
                None => format!("{} {how}", action.as_str()),
            };
            let cause = failure(Code::Host, error).message;
            log.say_and_keep(Level::ERROR, &line, &format!("{line}: {cause}"), about(action));
        }
        Event::RestartWanted(name) => {
            let line = format!("{name}: cannot switch to its new system while it runs: restarting");
            log.say(Level::INFO, &line, Some((name, "reload")));
        }
        Event::Restoring(name) => {
            ongoing.restore(name);
        }
        Event::UnitsFailed(name) => {
            let line = format!("{name}: `switch-to-configuration` reports failed units");
            log.say(Level::WARN, &line, Some((name, "reload")));
        }
        // Reported once, at the end.
        Event::Degraded(degraded) => tracing::debug!(?degraded),
        Event::Restored(name) => {
            ongoing.restored(name);
            let line =
                format!("{name}: back in its former state (changes that the guest made on disk are not undone)");
            log.say(Level::WARN, &line, Some((name, "restore")));
        }
        Event::NotRestored(name, error) => {
            ongoing.restored(name);
            let cause = failure(Code::Host, error).message;
            let line = format!("{name}: cannot go back to its former state: {cause}");
            log.say(Level::ERROR, &line, Some((name, "restore")));
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8);
    let at_once = host.starts_at_once();
    Applier { host: &host, at_once, workers, stop: &interrupt::was_asked, watch: &watch }.apply(plan)
}

/// The message about a step that is done.
fn done(action: &Action) -> String {
    match action {
        Action::Withdraw(name) => format!("{name}: forwards withdrawn"),
        Action::Firewall(Some(name)) => format!("{name}: rules loaded"),
        Action::Firewall(None) => String::from("firewall: replaced"),
        action => {
            let name = action.container().map(|name| format!("{name}: ")).unwrap_or_default();
            format!("{name}{} done", action.as_str())
        }
    }
}

fn about(action: &Action) -> Option<(&ContainerName, &'static str)> {
    Some((action.container()?, action.as_str()))
}

/// Warns if the next boot will not start the containers. `is_done` says whether the plan succeeded, which may repair that.
fn no_boot_service(plan: &Plan, snapshot: &Snapshot, is_done: bool) -> Vec<Diagnostic> {
    let mut service = snapshot.boot_service.clone();
    service.is_program_gone &= !(is_done && plan.program.is_some() && service.is_repairable());
    boot::warning(&service)
}
