//! `switch`: evaluate, build, plan, ask, apply, record.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tracing::Level;

use super::health;
use super::plan::{between, print, print_findings};
use super::steps::{Noted, Steps, note_nothing_to_do};
use super::{boot, build, ready, saved};
use crate::apply::{Applier, Event, Host, HostError, Report, files};
use crate::cli::args::{AskArgs, ConfigArgs, DegradedArgs, Global, LintArgs, OnDegraded, RestartArgs};
use crate::cli::configuration::Configuration;
use crate::cli::log::Log;
use crate::cli::only::{Among, about_covered, must_be, names};
use crate::cli::output::Stream;
use crate::cli::{Outcome, Session, failure, interrupt, output, require_root};
use crate::diag::{Code, Diagnostic, Severity};
use crate::host::linux::{Linux, Lock, LockError};
use crate::model::{ContainerName, FORMAT_VERSION, Manifest};
use crate::plan::saved::Saved;
use crate::plan::{Action, Plan, RestartMode, Verb, facts};
use crate::state::{Generation, Record, Snapshot, SwitchOutcome};

/// Brings the host to what the configuration says.
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
    bring_to(session, config, How { ask, mode, degraded: degraded.degraded, lints, kept: None })
}

/// Carries out a plan that was kept in a file, exactly that or nothing.
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
    let how = How { ask, mode: plan.restart_mode, degraded: degraded.degraded, lints, kept: Some(&plan) };
    bring_to(&session, &config, how)
}

/// What a switch goes by, besides the configuration.
struct How<'a> {
    ask: &'a AskArgs,
    mode: RestartMode,
    degraded: OnDegraded,
    lints: &'a LintArgs,
    /// The plan that it has to be.
    kept: Option<&'a Saved>,
}

fn bring_to(session: &Session<'_>, config: &ConfigArgs, how: How<'_>) -> Outcome {
    let How { ask, mode, kept, .. } = how;
    build::watch_signals()?;
    let mut configuration = build::load(session, config)?;
    let warnings = build::refuse(session, &configuration, how.lints)?;
    let inputs = configuration.inputs();
    let (lock, snapshot) = ready::begin()?;
    if ask.yes {
        // Nobody has to have read it, and others wait for the lock.
        output::hold_nothing_up();
    }
    require_systemd(&snapshot)?;
    require_generation(session, &snapshot)?;
    must_be(session, names(&configuration, &snapshot), Among::ConfigurationAndHost)?;
    // What belongs to somebody else is refused before anything is built.
    let early = between(session, &configuration, &configuration.check(), &snapshot, mode);
    if early.is_refused() {
        print_findings(session, &early);
        return Ok(1);
    }
    configuration = configuration.with_known_systems(&snapshot);
    let now = between(session, &configuration, &configuration.check(), &snapshot, mode);
    // Who changes nothing has read the warnings before: a line each says that they still hold. Before Nix builds anything.
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
    // Whoever changes nothing has read it before.
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

/// The lock over everything that changes the host.
pub(in crate::cli) fn lock() -> Result<Lock, Vec<Diagnostic>> {
    Linux::new().lock().map_err(|error| {
        let diagnostic = failure(Code::Locked, &error);
        vec![match error {
            LockError::Held { .. } => diagnostic.help("wait until it is done"),
            LockError::File { .. } => diagnostic,
        }]
    })
}

fn require_systemd(snapshot: &Snapshot) -> Result<(), Vec<Diagnostic>> {
    if snapshot.systemd {
        return Ok(());
    }
    let diagnostic = Diagnostic::error(Code::Host, "systemd does not run here, and it is what runs containers");
    Err(vec![diagnostic.help("`plan` and `eval` work without it")])
}

/// With `--only` the other containers are recorded as they were; where nobody knows how they were, they would be forgotten.
fn require_generation(session: &Session<'_>, snapshot: &Snapshot) -> Result<(), Vec<Diagnostic>> {
    if session.global.only.is_empty() || !snapshot.is_generation_lost {
        return Ok(());
    }
    let message =
        "the generation that boots is missing or damaged, and it is what `--only` takes the other containers from";
    Err(vec![
        Diagnostic::error(Code::Usage, message).help("run `switch` without `--only` once, which writes it again"),
    ])
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
    // Where nothing was brought up, nothing can be lost.
    if ask.allow_remove || former.records.is_empty() {
        return Ok(());
    }
    if former.source != wanted.source {
        let message = format!("this host was last switched to {}, and this is {}", former.source, wanted.source);
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
        let message = "the plan could not be shown, so nothing was changed";
        let finding = Diagnostic::error(Code::Output, message);
        return Err(vec![finding.help("add `--yes` to apply the plan without reading it")]);
    }
    session.terminal.ask("Apply this plan?").ok_or_else(|| {
        let message = "there is no terminal to ask on, so nothing was changed";
        vec![Diagnostic::error(Code::Usage, message).help("add `--yes` to apply the plan without being asked")]
    })
}

/// What is to be recorded: the containers of this configuration, and with `--only` the others as they were.
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

/// Where nothing has to happen, what is recorded may still be out of date: a guest whose configuration says the same in
/// other words has another key.
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

/// Applies the plan. From here on nobody's leaving ends it: neither a reader's nor a terminal's.
fn apply(
    session: &Session<'_>,
    plan: &Plan,
    generation: &Generation,
    snapshot: &Snapshot,
    policy: OnDegraded,
) -> Outcome {
    let log = Log::new(session.terminal);
    interrupt::hold(&log);
    output::hold_nothing_up();
    log.keep(Level::INFO, &format!("switch to {} begins", generation.source), None);
    let noted = Noted::begin(session, generation);
    let (outcome, how) = carry_out(session, plan, generation, policy, &log);
    let findings = outcome.as_ref().err().map(Vec::as_slice).unwrap_or_default();
    noted.end(how, findings);
    log.findings(findings);
    log.findings(&no_boot_service(plan, snapshot, outcome.is_ok()));
    let (level, word) = match how {
        SwitchOutcome::Done => (Level::INFO, "is done"),
        SwitchOutcome::Interrupted => (Level::WARN, "was interrupted"),
        _ => (Level::ERROR, "failed"),
    };
    log.keep(level, &format!("switch to {} {word}", generation.source), None);
    log.close();
    outcome
}

/// Applies the plan, and makes what it brought up the generation that boots.
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
        findings.push(Diagnostic::error(Code::Host, format!("not done: {}", skipped.join(", "))));
    }
    let message = "the next boot brings up what it would have before: not all of the plan was done";
    findings.push(Diagnostic::warning(Code::Host, message).help("run `switch` again when the cause is mended"));
    (Err(findings), how)
}

/// What somebody else has mounted in former roots of these containers, and what to do about it.
pub(in crate::cli) fn mounts_left<'a>(names: impl Iterator<Item = &'a ContainerName>) -> Vec<Diagnostic> {
    let host = Linux::new();
    let left = names.flat_map(|name| host.mounts_left(name).into_iter().map(move |mount| (name, mount)));
    left.map(|(name, mount)| {
        let message = format!("a former root of `{name}` could not be removed: {mount} is mounted there");
        let help = format!(
            "nothing in it was touched; when it is not needed there, run `umount {}`: what is left of the root is removed \
             by the next switch, start or stop",
            mount.at.display()
        );
        Diagnostic::warning(Code::ForeignMount, message).help(help)
    })
    .collect()
}

/// Applies a plan and says what happens.
pub(in crate::cli) fn run(session: &Session<'_>, plan: &Plan, log: &Arc<Log>) -> Report {
    let host = Linux::new();
    let in_hand = Steps::new(session.terminal);
    let watch = |event: Event<'_>| match event {
        Event::Begun(action) => {
            let (line, is_shown) = in_hand.begin(action);
            log.keep_beside(Level::INFO, &line, about(action), is_shown);
        }
        Event::Done(action) => {
            in_hand.end(action);
            let line = match action {
                Action::RenewProgram | Action::WriteBootService => {
                    plan.program.as_ref().and_then(|change| change.line(action))
                }
                _ => Some(done(action)),
            };
            let Some(line) = line else { return };
            log.say(Level::INFO, &line, about(action));
        }
        Event::RulesKept(action) => in_hand.end(action),
        Event::Failed(action, error) => {
            in_hand.end(action);
            let how = if matches!(error, HostError::LeftAlone { .. }) { "is not waited for" } else { "failed" };
            let line = match action.container() {
                Some(name) => format!("{name}: {} {how}", action.as_str()),
                None => format!("{} {how}", action.as_str()),
            };
            let cause = failure(Code::Host, error).message;
            log.say_and_keep(Level::ERROR, &line, &format!("{line}: {cause}"), about(action));
        }
        Event::RestartWanted(name) => {
            let line = format!("{name}: its new system cannot be switched to while it runs: restarting");
            log.say(Level::INFO, &line, Some((name, "reload")));
        }
        Event::Restoring(name) => {
            in_hand.restore(name);
        }
        Event::UnitsFailed(name) => {
            let line = format!("{name}: its `switch-to-configuration` says that units failed");
            log.say(Level::WARN, &line, Some((name, "reload")));
        }
        // It is told of at the end, once.
        Event::Degraded(degraded) => tracing::debug!(?degraded),
        Event::Restored(name) => {
            in_hand.restored(name);
            let line = format!("{name}: runs again as it did before; what its guest changed on disk is not undone");
            log.say(Level::WARN, &line, Some((name, "restore")));
        }
        Event::NotRestored(name, error) => {
            in_hand.restored(name);
            let cause = failure(Code::Host, error).message;
            let line = format!("{name}: could not be brought back as it was: {cause}");
            log.say(Level::ERROR, &line, Some((name, "restore")));
        }
    };
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8);
    let at_once = host.starts_at_once();
    Applier { host: &host, at_once, workers, stop: &interrupt::was_asked, watch: &watch }.apply(plan)
}

/// A step that is done, in words.
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

/// What is to be said where nothing starts the containers at the next boot, after the plan was carried out if it `is_done`.
fn no_boot_service(plan: &Plan, snapshot: &Snapshot, is_done: bool) -> Vec<Diagnostic> {
    let mut service = snapshot.boot_service.clone();
    service.is_program_gone &= !(is_done && plan.program.is_some() && service.is_repairable());
    boot::warning(&service)
}
