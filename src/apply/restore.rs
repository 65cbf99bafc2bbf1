//! Brings back containers whose change failed.

use std::collections::BTreeSet;
use std::path::Path;

use super::execute::{Applier, Degraded, Event, Reached, Run, put_back};
use super::host::HostError;
use super::live::{LiveChange, Switched};
use crate::model::ContainerName;
use crate::plan::Action;
use crate::render::paths;
use crate::state::Record;

impl Applier<'_> {
    /// Brings back what ran before a step failed; returns whether it runs again.
    ///
    /// The parts of a reload that were done are undone by the same means. A mount is left until the next start, since
    /// it harms nothing. If even the former files cannot be written, the files on disk are started: being down is
    /// worse.
    ///
    /// If other containers take something that this one had, the decision waits until it is known whether they got it.
    pub(super) fn restore(&self, run: &Run<'_>, name: &ContainerName) -> bool {
        if run.plan.rivals.contains_key(name) {
            run.deferred().insert(name.clone());
            false
        } else {
            self.bring_back(run, name)
        }
    }

    /// Brings back the deferred containers whose rivals did not come up; returns those that are degraded afterwards.
    pub(super) fn restore_deferred(&self, run: &Run<'_>, done: &BTreeSet<&Action>) -> Vec<Degraded> {
        let deferred = run.deferred().clone();
        let mut degraded = Vec::new();
        for name in &deferred {
            let _span = tracing::error_span!("step", container = name.as_str(), action = "restore").entered();
            let is_up = |rival: &&ContainerName| {
                [Action::Start(ContainerName::clone(rival)), Action::Reload(ContainerName::clone(rival))]
                    .iter()
                    .any(|action| done.contains(action))
            };
            match run.plan.rivals.get(name).and_then(|rivals| rivals.iter().find(is_up)) {
                Some(rival) => {
                    (self.watch)(Event::NotRestored(name, &HostError::Taken { by: rival.clone() }));
                }
                None => {
                    if self.bring_back(run, name) {
                        degraded.extend(self.look_at(name, Reached::Former, None));
                    }
                    // An error here is reported by the final load, which tries again.
                    _ = put_back(run, name);
                }
            }
        }
        degraded
    }

    /// Installs and starts the former state; returns whether the container runs again.
    fn bring_back(&self, run: &Run<'_>, name: &ContainerName) -> bool {
        let target = run.target(name);
        let Some(former) = target.and_then(|target| target.former.as_ref()) else { return false };
        (self.watch)(Event::Restoring(name));
        let undo = target.and_then(|target| target.record.as_ref());
        let undo = undo.map(|record| LiveChange::between(&record.spec, &former.spec)).unwrap_or_default();
        let installed = self.install(name, former, run);
        let restored = run.units.read_now(Some(name)).and_then(|()| {
            let addresses = former.spec.network.addresses();
            run.interfaces.claim(&run.units)?;
            run.rules.go_back(name);
            run.rules.claim(name, addresses.clone(), false)?;
            if self.host.is_running(name)? {
                undo.pairs.iter().try_for_each(|(from, to)| self.host.readdress(name, from, to))?;
                run.rules.hold(name, addresses);
                if let Some(system) = &undo.system {
                    let ran = run.ran().get(name).cloned();
                    self.switch_back(name, ran.as_ref().unwrap_or(system), former)?;
                }
            } else {
                self.host.add_gc_root(&paths::booted_root(name), &former.spec.system)?;
            }
            self.host.start(name).inspect_err(|error| run.start_failed(self.host, name, error))
        });
        let result = installed.and(restored);
        match &result {
            Ok(()) => {
                self.settle(name);
                (self.watch)(Event::Restored(name));
            }
            Err(error) => (self.watch)(Event::NotRestored(name, error)),
        }
        result.is_ok()
    }

    /// Makes a running guest switch back to the system that it ran. If it cannot, it is stopped, and starts with the files of
    /// its former state: a half switched guest is in no state that anybody has seen to work.
    fn switch_back(&self, name: &ContainerName, system: &Path, former: &Record) -> Result<(), HostError> {
        match self.host.switch_guest(name, system) {
            Ok(Switched::Done | Switched::UnitsFailed) => return Ok(()),
            Ok(Switched::RestartWanted(why)) => (self.watch)(Event::RestartWanted(name, &why)),
            Err(error @ HostError::StoppedWaiting { .. }) => return Err(error),
            Err(error) => tracing::warn!(%error, "`{name}` cannot switch back while it runs: restarting it"),
        }
        self.host.add_gc_root(&paths::booted_root(name), &former.spec.system)?;
        self.host.stop(name)
    }
}
