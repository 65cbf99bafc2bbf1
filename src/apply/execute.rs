//! Walks the graph of a plan and does each step through [`Host`].

use std::sync::Mutex;

use super::host::{ContainerFiles, Host, HostError};
use super::live::{LiveChange, Switched};
use super::queue::{self, Outcome};
use crate::model::ContainerName;
use crate::plan::{Action, Plan, Target};
use crate::render::{conf, paths, unit};
use crate::state::Record;

/// What happens while a plan is applied, for whoever watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// A step begins.
    Begun(&'a Action),
    /// It is done.
    Done(&'a Action),
    /// It failed.
    Failed(&'a Action, &'a HostError),
    /// The guest asked to be started again, since its new system can only be booted.
    RestartWanted(&'a ContainerName),
    /// After a failed start or reload, it is being brought back as it was.
    Restoring(&'a ContainerName),
    /// After a failed start or reload, the container runs again as it did before.
    Restored(&'a ContainerName),
    /// After a failed start or reload, it could not be brought back either.
    NotRestored(&'a ContainerName, &'a HostError),
}

/// How an apply ended.
#[derive(Debug, Default)]
pub struct Report {
    /// Steps that failed, with why.
    pub failed: Vec<(Action, HostError)>,
    /// Steps that were not begun, because something before them failed or the run was stopped.
    pub skipped: Vec<Action>,
}

impl Report {
    /// Whether everything was done.
    pub fn is_complete(&self) -> bool {
        self.failed.is_empty() && self.skipped.is_empty()
    }
}

/// How a plan is applied.
pub struct Applier<'a> {
    /// The host.
    pub host: &'a dyn Host,
    /// How many containers are worked on at the same time.
    pub workers: usize,
    /// Asked before each step; once it says yes, no further step begins, and those under way are finished.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// Told of everything that happens, from several threads.
    pub watch: &'a (dyn Fn(Event<'_>) + Sync),
}

/// Whether unit files were written that systemd has not read yet. Several containers share one reload.
#[derive(Default)]
struct Unread(Mutex<bool>);

impl Unread {
    fn mark(&self) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
    }

    /// Has systemd read them, unless somebody else just did. Held over the reload: whoever waits here finds them read.
    fn read(&self, host: &dyn Host) -> Result<(), HostError> {
        let mut unread = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *unread {
            host.reload_units()?;
            *unread = false;
        }
        Ok(())
    }
}

impl Applier<'_> {
    /// Does what `plan` says. Steps that do not depend on each other run at the same time; what fails holds up only what
    /// depends on it.
    pub fn apply(&self, plan: &Plan) -> Report {
        let unread = Unread::default();
        let graph = &plan.order.graph;
        // One container that does not come up is no reason to leave the others without their rules.
        let regardless = |action: &Action| *action == Action::ReplaceFirewall;
        let outcomes = queue::run(graph, self.workers, regardless, self.stop, |action, missing| {
            (self.watch)(Event::Begun(action));
            // A panic is a failed step as any other: what it did is taken back.
            let result = queue::guarded(|| self.step(plan, action, missing, &unread));
            match &result {
                Ok(()) => (self.watch)(Event::Done(action)),
                Err(error) => (self.watch)(Event::Failed(action, error)),
            }
            // Files are written while the container is stopped, so that their failure leaves it down as well.
            let is_left_alone = matches!(result, Err(HostError::LeftAlone { .. }));
            if let (false, Err(_), Action::Start(name) | Action::Reload(name) | Action::UpdateUnit(name)) =
                (is_left_alone, &result, action)
            {
                self.restore(plan.targets.get(name), name, &unread);
            }
            result
        });
        let mut report = Report::default();
        for (node, outcome) in graph.node_indices().zip(outcomes) {
            match outcome {
                Outcome::Done => {}
                Outcome::Failed(error) => report.failed.push((graph[node].clone(), error)),
                Outcome::Skipped => report.skipped.push(graph[node].clone()),
            }
        }
        // The last thing written may be files that nothing was started from.
        if let Err(error) = unread.read(self.host) {
            report.failed.push((Action::ReplaceFirewall, error));
        }
        report
    }

    /// Does one step. `missing` is what did not succeed though it comes before.
    fn step(&self, plan: &Plan, action: &Action, missing: &[&Action], unread: &Unread) -> Result<(), HostError> {
        match action {
            Action::Build => Err(HostError::Unbuilt),
            Action::RenewProgram => self.host.install_program(),
            Action::WriteBootService => {
                self.host.write_boot_service()?;
                unread.mark();
                Ok(())
            }
            Action::Create(name) | Action::UpdateUnit(name) => {
                match plan.targets.get(name).and_then(|target| target.record.as_ref()) {
                    Some(record) => self.install(name, record, unread),
                    None => Ok(()),
                }
            }
            Action::Start(name) => {
                unread.read(self.host)?;
                self.host.start(name)?;
                match plan.targets.get(name).and_then(|target| target.record.as_ref()) {
                    Some(record) => self.host.add_gc_root(&paths::booted_root(name), &record.spec.system),
                    None => Ok(()),
                }
            }
            Action::Reload(name) => match plan.targets.get(name) {
                Some(Target { record: Some(record), former: Some(former) }) => {
                    self.reload(name, former, record, unread)
                }
                _ => Ok(()),
            },
            Action::Stop(name) => self.host.stop(name),
            Action::Remove(name) => {
                self.host.uninstall(name)?;
                unread.mark();
                self.host.remove_gc_root(&paths::current_root(name))?;
                self.host.remove_gc_root(&paths::booted_root(name))
            }
            Action::ReplaceFirewall => {
                if missing.contains(&&Action::Build) {
                    return Err(HostError::Unbuilt);
                }
                let stale = missing.iter().filter_map(|action| action.container()).collect();
                let (ruleset, sysctls) = plan.firewall.with_stale(&stale);
                self.host.set_sysctls(&sysctls)?;
                self.host.load_rules(&ruleset.json())
            }
        }
    }

    /// Writes a container's files, its system safe from the garbage collector first.
    fn install(&self, name: &ContainerName, record: &Record, unread: &Unread) -> Result<(), HostError> {
        self.host.add_gc_root(&paths::current_root(name), &record.spec.system)?;
        self.host.install(name, &files(record))?;
        unread.mark();
        Ok(())
    }

    /// Makes a container that runs as `former` run as `record`.
    fn reload(
        &self,
        name: &ContainerName,
        former: &Record,
        record: &Record,
        unread: &Unread,
    ) -> Result<(), HostError> {
        unread.read(self.host)?;
        // One that is on its way up can be changed when it is there; of any other, this is done at once.
        self.host.start(name)?;
        let change = LiveChange::between(&former.spec, &record.spec);
        for bind in &change.binds {
            self.host.bind(name, bind)?;
        }
        for (from, to) in &change.links {
            self.host.readdress(name, from, to)?;
        }
        if let Some(system) = &change.system
            && self.host.switch_guest(name, system)? == Switched::RestartWanted
        {
            (self.watch)(Event::RestartWanted(name));
            self.host.stop(name)?;
            self.host.start(name)?;
            return self.host.add_gc_root(&paths::booted_root(name), &record.spec.system);
        }
        self.host.note_running(name, &files(record).record)
    }

    /// Brings back what ran before a step failed. What of a reload had been done is undone by the same means; a mount that
    /// is in the way of nothing stays until the next start. Where not even the former files can be written, those that are
    /// there are started: down is worse.
    fn restore(&self, target: Option<&Target>, name: &ContainerName, unread: &Unread) {
        let Some(former) = target.and_then(|target| target.former.as_ref()) else { return };
        (self.watch)(Event::Restoring(name));
        let undo = target.and_then(|target| target.record.as_ref());
        let undo = undo.map(|record| LiveChange::between(&record.spec, &former.spec)).unwrap_or_default();
        let installed = self.install(name, former, unread);
        let restored = unread
            .read(self.host)
            .and_then(|()| {
                if undo.links.is_empty() || !self.host.is_running(name)? {
                    return Ok(());
                }
                undo.links.iter().try_for_each(|(from, to)| self.host.readdress(name, from, to))
            })
            .and_then(|()| match &undo.system {
                Some(system) if self.host.is_running(name)? => self.host.switch_guest(name, system).map(drop),
                _ => Ok(()),
            })
            .and_then(|()| self.host.start(name));
        match installed.and(restored) {
            Ok(()) => (self.watch)(Event::Restored(name)),
            Err(error) => (self.watch)(Event::NotRestored(name, &error)),
        }
    }
}

/// The files of a container that is to run as `record` says.
pub fn files(record: &Record) -> ContainerFiles {
    let record_json = serde_json::to_string_pretty(record).expect("a record has string keys only");
    ContainerFiles { unit: unit::text(&record.spec), conf: conf::text(&record.spec), record: record_json + "\n" }
}
