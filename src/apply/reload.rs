//! Changes a container while it runs.

use std::path::Path;

use super::execute::{Applier, Event, Run, files};
use super::host::HostError;
use super::live::{LiveChange, Switched};
use crate::model::ContainerName;
use crate::render::paths;
use crate::state::Record;

impl Applier<'_> {
    /// Changes a running container from `former` to `record`.
    pub(super) fn reload(
        &self,
        name: &ContainerName,
        former: &Record,
        record: &Record,
        run: &Run<'_>,
    ) -> Result<(), HostError> {
        run.units.read(name)?;
        // A container that is still starting can be changed once it is up; for one that runs, this returns at once.
        self.host.start(name)?;
        if let Some(ran) = self.host.running_system(name) {
            run.ran().insert(name.clone(), ran);
        }
        let change = LiveChange::between(&former.spec, &record.spec);
        let moved = self.host.moved_sources(name);
        let moved = record.spec.binds.iter().filter(|bind| moved.contains(Path::new(&bind.host)));
        for bind in moved.chain(&change.binds) {
            self.host.bind(name, bind)?;
        }
        for (from, to) in &change.pairs {
            self.host.readdress(name, from, to)?;
        }
        match change.system.as_ref().map(|system| self.host.switch_guest(name, system)).transpose()? {
            Some(Switched::RestartWanted(why)) => {
                (self.watch)(Event::RestartWanted(name, &why));
                self.host.stop(name)?;
                self.host.start(name)?;
                self.host.add_gc_root(&paths::booted_root(name), &record.spec.system)?;
                return self.check_started(run, name, &record.spec);
            }
            Some(Switched::UnitsFailed) => (self.watch)(Event::UnitsFailed(name)),
            Some(Switched::Done) | None => {}
        }
        // The guest may have set up its interfaces anew, and so lost what was set from outside.
        if change.system.is_some() {
            change.pairs.iter().try_for_each(|(_, to)| self.host.readdress(name, to, to))?;
        }
        // Before the note: if it fails, the guest goes back to what it is noted to run with.
        self.check_health(name, &record.spec)?;
        self.host.note_running(name, &files(record).record)
    }
}
