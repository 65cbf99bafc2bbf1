//! Unit files that were written and that systemd has not read yet.
//!
//! Reading takes systemd long, and it does nothing else meanwhile. So several containers share one reading: it waits for
//! files that are about to be written, as long as those are few.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::host::{Host, HostError};
use crate::model::ContainerName;

/// How many more files a reading waits for at most.
const SHARED: u64 = 64;

/// The unit files of an apply.
pub(super) struct Units<'a> {
    host: &'a dyn Host,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Counts the files that were written or removed.
    written: u64,
    /// All up to here has been read.
    read: u64,
    /// When the file of each container was written.
    of: BTreeMap<ContainerName, u64>,
    /// Containers whose files are about to be written.
    coming: BTreeSet<ContainerName>,
    /// How many of those were done with.
    over: u64,
    is_reading: bool,
}

impl<'a> Units<'a> {
    pub(super) fn new(host: &'a dyn Host) -> Self {
        Self { host, state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of a container is about to be written, as soon as somebody comes to it.
    pub(super) fn expect(&self, name: &ContainerName) {
        self.state().coming.insert(name.clone());
    }

    /// It was written, or could not be, or nobody will.
    pub(super) fn is_over(&self, name: &ContainerName) {
        let mut state = self.state();
        if state.coming.remove(name) {
            state.over += 1;
            self.changed.notify_all();
        }
    }

    /// The file of a container is not as systemd has read it.
    pub(super) fn mark(&self, name: &ContainerName) {
        let mut state = self.state();
        state.written += 1;
        let now = state.written;
        state.of.insert(name.clone(), now);
    }

    /// A unit file of no container was written.
    pub(super) fn mark_other(&self) {
        self.state().written += 1;
    }

    /// Sees to it that systemd has read the file of a container, after those that are about to be written. Not for whoever
    /// has to be done before others can write theirs: [`read_now`](Self::read_now).
    pub(super) fn read(&self, name: &ContainerName) -> Result<(), HostError> {
        self.read_after(SHARED, Some(name))
    }

    /// Sees to it that systemd has read the file of a container; of all, where none is named. Waits for no other file.
    pub(super) fn read_now(&self, name: Option<&ContainerName>) -> Result<(), HostError> {
        self.read_after(0, name)
    }

    fn read_after(&self, shared: u64, name: Option<&ContainerName>) -> Result<(), HostError> {
        let mut state = self.state();
        let mine = match name {
            Some(name) => state.of.get(name).copied().unwrap_or_default(),
            None => state.written,
        };
        let patience = state.over + shared;
        while state.read < mine {
            if state.is_reading || (!state.coming.is_empty() && state.over < patience) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let upto = state.written;
            state.is_reading = true;
            drop(state);
            // A panic must not leave the others waiting.
            let result = super::queue::guarded(|| self.host.reload_units());
            state = self.state();
            state.is_reading = false;
            self.changed.notify_all();
            result?;
            state.read = upto;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::memory::MemoryHost;

    #[test]
    fn one_reading_is_shared_and_whoever_keeps_others_from_writing_waits_for_none() {
        let host = MemoryHost::new();
        let [a, b] = ["a", "b"].map(|name| ContainerName::new(name).expect("a good name"));
        let units = Units::new(&host);
        units.expect(&a);
        units.expect(&b);
        units.mark(&a);
        units.is_over(&a);
        // Where a step that writes goes back, the next write may wait for its thread.
        units.read_now(Some(&a)).expect("read");
        assert_eq!(host.state().reloads, 1);
        units.mark(&a);
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| units.read(&a));
            units.mark(&b);
            units.is_over(&b);
            reading.join().expect("no panic").expect("read");
        });
        // Everything is read already.
        let reloads = host.state().reloads;
        units.read(&a).expect("read");
        units.read(&b).expect("read");
        assert_eq!((reloads, host.state().reloads), (2, 2));
    }
}
