//! Walks the plan's graph of actions and carries out each one through [`Host`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::host::{ContainerFiles, Host, HostError};
use super::interfaces::Interfaces;
use super::queue::{self, Outcome};
use super::rules::Rules;
use super::units::Units;
use crate::model::ContainerName;
use crate::plan::{Action, Plan, Stage, Target};
use crate::render::{conf, paths, unit};
use crate::state::{FailedUnit, Health, JournalEntry, NoSwitch, Record};

/// What happens while a plan is applied, reported to [`Applier::watch`].
#[derive(Debug)]
pub enum Event<'a> {
    /// An action begins.
    Begun(&'a Action),
    /// An action succeeded.
    Done(&'a Action),
    /// A container did not come up, so its firewall rules were left as they were.
    RulesKept(&'a Action),
    /// An action failed.
    Failed(&'a Action, &'a HostError),
    /// The guest is restarted, because it cannot switch to its new system.
    RestartWanted(&'a ContainerName, &'a NoSwitch),
    /// The guest runs, and its health is being checked.
    Checking(&'a ContainerName),
    /// A start or reload failed, and the container is being brought back to its former state.
    Restoring(&'a ContainerName),
    /// `switch-to-configuration` finished, and reports that units failed.
    UnitsFailed(&'a ContainerName),
    /// The guest runs, but some of its units failed.
    Degraded(&'a Degraded),
    /// The container runs as it did before the failed start or reload.
    Restored(&'a ContainerName),
    /// The container could not be brought back after a failed start or reload.
    NotRestored(&'a ContainerName, &'a HostError),
}

/// The event after which a guest's health was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The guest started.
    Start,
    /// The guest switched to another system, or was changed while it ran.
    Reload,
    /// The guest was brought back to its former state.
    Former,
}

/// A guest that runs with failed units. The step still succeeded: nothing is rolled back for this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Degraded {
    /// The container.
    pub name: ContainerName,
    /// The event after which it was checked.
    pub reached: Reached,
    /// The failed units; after a reload, only those that had not failed before it.
    pub new: Vec<FailedUnit>,
    /// The units that had failed before the reload already.
    pub old: Vec<FailedUnit>,
}

/// The result of an apply.
#[derive(Debug, Default)]
pub struct Report {
    /// Guests that run with failed units, by name.
    pub degraded: Vec<Degraded>,
    /// The actions that failed, with their errors.
    pub failed: Vec<(Action, HostError)>,
    /// The actions that were skipped because one they need failed, or because the run was stopped.
    pub skipped: Vec<Action>,
}

impl Report {
    /// Whether no action failed or was skipped.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty()
    }
}

/// Applies plans to a host.
pub struct Applier<'a> {
    /// The host.
    pub host: &'a dyn Host,
    /// How many actions may run at the same time. Most of them only wait for systemd, which waits for a guest.
    pub at_once: usize,
    /// How many of those may do work of our own, such as writing files.
    pub workers: usize,
    /// Asked before each action. Once it returns true, no further action begins, except those that bring back up what was
    /// stopped already; actions that are running finish.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// Receives every event, from several threads.
    pub watch: &'a (dyn Fn(Event<'_>) + Sync),
    /// Whether a container is only up once its health check has succeeded.
    pub checks_health: bool,
}

/// The state shared by the actions of one apply.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) units: Units<'a>,
    pub(super) rules: Rules<'a>,
    pub(super) interfaces: Interfaces<'a>,
    /// Containers that the plan changes while they run.
    reloaded: BTreeSet<&'a ContainerName>,
    /// Containers whose former addresses or interfaces others may take. Whether they are brought back is decided once
    /// those others are up, or have failed.
    deferred: Mutex<BTreeSet<ContainerName>>,
    /// The systems that guests said they ran before they were changed.
    ran: Mutex<BTreeMap<ContainerName, PathBuf>>,
}

impl Run<'_> {
    pub(super) fn target(&self, name: &ContainerName) -> Option<&Target> {
        self.plan.targets.get(name)
    }

    /// Notes after a failed start that the container holds no address any more, if it is seen to be down.
    ///
    /// A failed start alone does not prove that: the container may have been up before. One whose start was not waited
    /// for is left as it is.
    pub(super) fn start_failed(&self, host: &dyn Host, name: &ContainerName, error: &HostError) {
        let stopped_waiting = matches!(error, HostError::StoppedWaiting { .. });
        if !stopped_waiting && matches!(host.is_running(name), Ok(false)) {
            self.rules.hold(name, BTreeSet::new());
        }
    }

    pub(super) fn deferred(&self) -> MutexGuard<'_, BTreeSet<ContainerName>> {
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ran(&self) -> MutexGuard<'_, BTreeMap<ContainerName, PathBuf>> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Applier<'_> {
    /// Applies `plan`. Actions that do not depend on each other run at the same time; a failure stops only what depends
    /// on it.
    pub fn apply(&self, plan: &Plan) -> Report {
        let run = &Run {
            plan,
            units: Units::new(self.host),
            rules: Rules::new(self.host, &plan.firewall),
            interfaces: Interfaces::new(self.host, &plan.interfaces),
            reloaded: plan.order.nodes().filter_map(|(_, action)| reloaded(action)).collect(),
            deferred: Mutex::default(),
            ran: Mutex::default(),
        };
        let degraded = Mutex::new(Vec::new());
        // The containers that have begun to stop.
        let stopped = Mutex::new(BTreeSet::new());
        let stopped = || stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let is_stopped = |action: &Action| action.container().is_some_and(|name| stopped().contains(name));
        let graph = &plan.order.graph;
        let jobs = queue::Jobs {
            at_once: self.at_once,
            workers: self.workers,
            // If a container does not come up, its rules must not stay half removed, nor may others go without theirs.
            // And rules that are refused must not keep a container down.
            // Where one container only starts after another, it starts however that ended: systemd keeps down what requires
            // one that is down.
            needs: &|before, after| {
                let are_ordered = matches!(
                    (before, after),
                    (Action::Start(_), Action::Start(_)) | (Action::Stop(_), Action::Stop(_))
                );
                !are_ordered && !matches!(before, Action::Firewall(None)) && !matches!(after, Action::Firewall(_))
            },
            rank: &rank,
            stop: &|action| (self.stop)() && !is_stopped(action),
            ready: &|action, will_run| match action {
                Action::Create(name) | Action::UpdateUnit(name) if will_run => run.units.expect(name),
                Action::Create(name) | Action::UpdateUnit(name) => run.units.finish(name),
                _ => {}
            },
        };
        let stage = tracing::Span::current();
        let outcomes = queue::run(graph, &jobs, |action, missing| {
            // A span is only that of the thread that has entered it.
            let container = action.container().map(ContainerName::as_str);
            let _span = tracing::error_span!(parent: &stage, "step", container, action = action.as_str()).entered();
            (self.watch)(Event::Begun(action));
            if let Action::Stop(name) = action {
                stopped().insert(name.clone());
            }
            let before = match action {
                Action::Reload(name) => self.host.health(name),
                _ => None,
            };
            // A panic counts as a failure like any other, so that what the step did is undone.
            let result = queue::guarded(|| self.step(run, action, missing));
            if let Action::Create(name) | Action::UpdateUnit(name) = action {
                run.units.finish(name);
            }
            match &result {
                Ok(()) if is_stale(action, missing) => (self.watch)(Event::RulesKept(action)),
                Ok(()) => (self.watch)(Event::Done(action)),
                Err(error) => (self.watch)(Event::Failed(action, error)),
            }
            // Files are written while the container is stopped, so a failure to write them leaves it down, too.
            let stopped_waiting = matches!(result, Err(HostError::StoppedWaiting { .. }));
            let looked_at = match (&result, action) {
                (Ok(()), Action::Start(name)) => self.look_at(name, Reached::Start, None),
                (Ok(()), Action::Reload(name)) => self.look_at(name, Reached::Reload, before.as_ref()),
                (Err(_), Action::Start(name) | Action::Reload(name) | Action::UpdateUnit(name))
                    if !stopped_waiting =>
                {
                    let is_back = self.restore(run, name);
                    is_back.then(|| self.look_at(name, Reached::Former, None)).flatten()
                }
                _ => None,
            };
            degraded.lock().unwrap_or_else(PoisonError::into_inner).extend(looked_at);
            result
        });
        let mut degraded = degraded.into_inner().unwrap_or_else(PoisonError::into_inner);
        let done: BTreeSet<&Action> = graph
            .node_indices()
            .zip(&outcomes)
            .filter(|(_, outcome)| matches!(outcome, Outcome::Done))
            .map(|(node, _)| &graph[node])
            .collect();
        // One that could not be started, because it needs others that were not stopped any more, runs on as it was.
        let skipped =
            graph.node_indices().zip(&outcomes).filter(|(_, outcome)| matches!(outcome, Outcome::Skipped));
        let cut_off = skipped.filter_map(|(node, _)| match &graph[node] {
            Action::Start(name) if done.contains(&Action::Stop(name.clone())) => Some(name),
            _ => None,
        });
        run.deferred().extend(cut_off.filter(|name| matches!(self.host.is_running(name), Ok(false))).cloned());
        degraded.extend(self.restore_deferred(run, &done));
        degraded.sort_by(|a: &Degraded, b| a.name.cmp(&b.name));
        settle_skipped(
            run,
            &done,
            graph.node_indices().zip(&outcomes).map(|(node, outcome)| (&graph[node], outcome)),
        );
        // Usually there is nothing left to load.
        let rules = run.rules.settle();
        let is_done = outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done));
        let interfaces = run.interfaces.settle(is_done, &run.units);
        // The last files written may belong to containers that were not started.
        let units = run.units.read_now(None);
        let mut report = Report { degraded, ..Report::default() };
        for (node, outcome) in graph.node_indices().zip(outcomes) {
            match outcome {
                Outcome::Done => {}
                Outcome::Failed(error) => report.failed.push((graph[node].clone(), error)),
                Outcome::Skipped => report.skipped.push(graph[node].clone()),
            }
        }
        let has_failed = |report: &Report| report.failed.iter().any(|(action, _)| is_of_rules(action));
        if let Err(error) = rules
            && !has_failed(&report)
        {
            report.failed.push((Action::Firewall(None), error));
        }
        report.failed.extend(interfaces.err().map(|error| (Action::Firewall(None), error)));
        report.failed.extend(units.err().map(|error| (Action::Firewall(None), error)));
        report
    }

    /// Asks a running guest for its health; `Some` only if units of it failed.
    pub(super) fn look_at(
        &self,
        name: &ContainerName,
        reached: Reached,
        before: Option<&Health>,
    ) -> Option<Degraded> {
        let health = self.host.health(name).filter(Health::is_degraded)?;
        let (new, old) = health.since(before);
        let degraded = Degraded { name: name.clone(), reached, new, old };
        (self.watch)(Event::Degraded(&degraded));
        Some(degraded)
    }

    /// Carries out one action. `missing` lists its predecessors that did not succeed.
    fn step(&self, run: &Run<'_>, action: &Action, missing: &[&Action]) -> Result<(), HostError> {
        let plan = run.plan;
        match action {
            Action::Build => Err(HostError::Unbuilt),
            Action::RenewProgram => self.host.install_program(),
            Action::WriteBootService => {
                self.host.write_boot_service()?;
                run.units.mark_other();
                Ok(())
            }
            Action::Create(name) | Action::UpdateUnit(name) => {
                let Some(target) = plan.targets.get(name) else { return Ok(()) };
                // The running guest may be the only thing that still uses its system: keep that from the garbage
                // collector.
                if let Some(former) = &target.former
                    && !run.reloaded.contains(name)
                    && self.host.is_running(name)?
                {
                    self.host.add_gc_root(&paths::booted_root(name), &former.spec.system)?;
                }
                target.record.as_ref().map_or(Ok(()), |record| self.install(name, record, run))
            }
            Action::Start(name) => {
                run.interfaces.claim(&run.units)?;
                run.units.read(name)?;
                let target = run.target(name);
                let record = target.and_then(|target| target.record.as_ref());
                if let Some(record) = record {
                    let addresses = record.spec.network.addresses();
                    let former = target.and_then(|target| target.former.as_ref());
                    let is_restart = find(plan, &Action::Stop(name.clone()));
                    let keeps = former.is_some_and(|former| former.spec.network.addresses() == addresses);
                    run.rules.claim(name, addresses, !(is_restart && keeps))?;
                }
                // The garbage collector must not remove the system of a guest that is starting.
                if let Some(record) = record {
                    self.host.add_gc_root(&paths::booted_root(name), &record.spec.system)?;
                }
                self.host.start(name).inspect_err(|error| run.start_failed(self.host, name, error))?;
                if let Some(record) = record {
                    self.check_started(run, name, &record.spec)?;
                }
                self.settle(name);
                Ok(())
            }
            Action::Reload(name) => match plan.targets.get(name) {
                Some(Target { record: Some(record), former: Some(former) }) => {
                    run.interfaces.claim(&run.units)?;
                    self.host.note_step(JournalEntry::Changing(name.clone(), record.clone().into()))?;
                    self.reload(name, former, record, run)?;
                    self.settle(name);
                    Ok(())
                }
                _ => Ok(()),
            },
            Action::Stop(name) => {
                let is_restart = find(plan, &Action::Start(name.clone()));
                if is_restart {
                    self.host.note_step(JournalEntry::Stopping(name.clone()))?;
                }
                self.host.stop(name)?;
                run.rules.hold(name, BTreeSet::new());
                if !is_restart {
                    self.settle(name);
                }
                Ok(())
            }
            Action::Remove(name) => {
                self.host.uninstall(name)?;
                run.units.mark(name);
                self.host.remove_gc_root(&paths::current_root(name))?;
                self.host.remove_gc_root(&paths::booted_root(name))?;
                self.settle(name);
                Ok(())
            }
            Action::Withdraw(name) => run.rules.set(name, Stage::Withdrawn),
            Action::Firewall(Some(name)) => {
                if !is_stale(action, missing) {
                    run.rules.set(name, Stage::Wanted)
                } else if run.deferred().contains(name) {
                    Ok(())
                } else {
                    put_back(run, name)
                }
            }
            Action::Firewall(None) => {
                if missing.contains(&&Action::Build) {
                    return Err(HostError::Unbuilt);
                }
                let stale = missing.iter().filter_map(|action| action.container()).collect();
                run.rules.set_host(&stale)
            }
        }
    }

    /// Notes that nothing of what was begun with a container is left to do. Without the note, the next switch would only look
    /// after it once more.
    pub(super) fn settle(&self, name: &ContainerName) {
        if let Err(error) = self.host.note_step(JournalEntry::Settled(name.clone())) {
            tracing::warn!("{error}");
        }
    }

    /// Protects a container's system from the garbage collector, then writes the container's files.
    pub(super) fn install(&self, name: &ContainerName, record: &Record, run: &Run<'_>) -> Result<(), HostError> {
        self.host.add_gc_root(&paths::current_root(name), &record.spec.system)?;
        if self.host.install(name, &files(record))? {
            run.units.mark(name);
        }
        Ok(())
    }
}

/// The container that an action changes while it runs.
fn reloaded(action: &Action) -> Option<&ContainerName> {
    match action {
        Action::Reload(name) => Some(name),
        _ => None,
    }
}

/// Whether an action is part of the plan.
fn find(plan: &Plan, action: &Action) -> bool {
    plan.order.nodes().any(|(_, other)| other == action)
}

/// Whether this action would load rules for a container that is not in the state they are meant for.
fn is_stale(action: &Action, missing: &[&Action]) -> bool {
    let Action::Firewall(Some(name)) = action else { return false };
    missing.iter().any(|missing| missing.container() == Some(name))
}

fn is_of_rules(action: &Action) -> bool {
    matches!(action, Action::Withdraw(_) | Action::Firewall(_))
}

/// The rank of an action. Rules and files take little time and others wait for them, so they go first.
fn rank(action: &Action) -> queue::Rank {
    match action {
        Action::Withdraw(_) | Action::Firewall(_) => queue::Rank::First,
        Action::Build
        | Action::RenewProgram
        | Action::WriteBootService
        | Action::Create(_)
        | Action::UpdateUnit(_)
        | Action::Remove(_) => queue::Rank::Work,
        Action::Stop(_) | Action::Start(_) | Action::Reload(_) => queue::Rank::Wait,
    }
}

/// Restores the former rules of a container that is as it was before, unless they never changed.
pub(super) fn put_back(run: &Run<'_>, name: &ContainerName) -> Result<(), HostError> {
    match run.rules.stage(name) {
        Stage::Former => Ok(()),
        Stage::Withdrawn | Stage::Wanted | Stage::Restored => run.rules.set(name, Stage::Restored),
    }
}

/// Settles the rules of containers whose last actions were skipped, so that no container is left with half of its
/// rules.
///
/// One that is up gets all of its new rules; one that was not stopped gets all of its former ones. An error here is
/// reported by the load that follows, which tries again.
fn settle_skipped<'a>(
    run: &Run<'_>,
    done: &BTreeSet<&Action>,
    outcomes: impl Iterator<Item = (&'a Action, &'a Outcome<HostError>)>,
) {
    let (mut all, mut skipped) = (BTreeMap::<_, Vec<_>>::new(), BTreeSet::new());
    for (action, outcome) in outcomes {
        let Some(name) = action.container() else { continue };
        if !is_of_rules(action) {
            all.entry(name).or_default().push(action);
        }
        let is_last = matches!(action, Action::Firewall(_) | Action::Stop(_) | Action::Remove(_));
        if is_last && !matches!(outcome, Outcome::Done) {
            skipped.insert((name, matches!(action, Action::Firewall(_))));
        }
    }
    for (name, actions) in all {
        let is_stopped = done.contains(&Action::Stop(name.clone()));
        let stops = actions.iter().any(|action| matches!(action, Action::Stop(_)));
        let was_left =
            skipped.contains(&(name, true)) || (skipped.contains(&(name, false)) && stops && !is_stopped);
        if !was_left || run.deferred().contains(name) {
            continue;
        }
        if actions.iter().all(|action| done.contains(action)) {
            _ = run.rules.set(name, Stage::Wanted);
        } else if !is_stopped {
            _ = put_back(run, name);
        }
    }
}

/// The files of a container that runs as `record` says.
pub fn files(record: &Record) -> ContainerFiles {
    let record_json = serde_json::to_string_pretty(record).expect("a record has string keys only");
    ContainerFiles { unit: unit::text(&record.spec), conf: conf::text(&record.spec), record: record_json + "\n" }
}
