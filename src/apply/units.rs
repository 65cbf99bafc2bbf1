//! Tracks unit files that were written but that systemd has not read yet.
//!
//! A reload takes systemd a long time, during which it does nothing else. So containers share reloads: a reload waits
//! for files that are about to be written, as long as there are few of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::host::{Host, HostError};
use crate::model::ContainerName;

/// How many more files a reload waits for at most.
const SHARED: u64 = 64;

/// The unit files that one apply writes.
pub(super) struct Units<'a> {
    host: &'a dyn Host,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The number of files written or removed so far.
    written: u64,
    /// systemd has read all files up to this number.
    read: u64,
    /// The number of each container's last write.
    last_write: BTreeMap<ContainerName, u64>,
    /// Containers whose files are about to be written.
    expected: BTreeSet<ContainerName>,
    /// How many of those have been written or given up.
    finished: u64,
    is_reading: bool,
}

impl<'a> Units<'a> {
    pub(super) fn new(host: &'a dyn Host) -> Self {
        Self { host, state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a container's file will be written soon.
    pub(super) fn expect(&self, name: &ContainerName) {
        self.state().expected.insert(name.clone());
    }

    /// Notes that an expected file was written, could not be, or will not be.
    pub(super) fn finish(&self, name: &ContainerName) {
        let mut state = self.state();
        if state.expected.remove(name) {
            state.finished += 1;
            self.changed.notify_all();
        }
    }

    /// Notes that a container's file has changed since systemd read it.
    pub(super) fn mark(&self, name: &ContainerName) {
        let mut state = self.state();
        state.written += 1;
        let now = state.written;
        state.last_write.insert(name.clone(), now);
    }

    /// Notes that a unit file that belongs to no container was written.
    pub(super) fn mark_other(&self) {
        self.state().written += 1;
    }

    /// Makes sure that systemd has read a container's file; first waits for files that are about to be written.
    ///
    /// Callers that others wait for before they write theirs must use [`read_now`](Self::read_now), or both would wait
    /// for ever.
    pub(super) fn read(&self, name: &ContainerName) -> Result<(), HostError> {
        self.read_after(SHARED, Some(name))
    }

    /// Makes sure that systemd has read a container's file, or all files if `name` is `None`, without waiting for other
    /// files.
    pub(super) fn read_now(&self, name: Option<&ContainerName>) -> Result<(), HostError> {
        self.read_after(0, name)
    }

    fn read_after(&self, shared: u64, name: Option<&ContainerName>) -> Result<(), HostError> {
        let mut state = self.state();
        let mine = match name {
            Some(name) => state.last_write.get(name).copied().unwrap_or_default(),
            None => state.written,
        };
        let patience = state.finished + shared;
        while state.read < mine {
            if state.is_reading || (!state.expected.is_empty() && state.finished < patience) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let upto = state.written;
            state.is_reading = true;
            drop(state);
            // A panic must not leave the other threads waiting.
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
    fn reloads_are_shared_and_read_now_does_not_wait_for_expected_files() {
        let host = MemoryHost::new();
        let [a, b] = ["a", "b"].map(|name| ContainerName::new(name).expect("a good name"));
        let units = Units::new(&host);
        units.expect(&a);
        units.expect(&b);
        units.mark(&a);
        units.finish(&a);
        // While a step is being undone, the next write may be waiting for its thread.
        units.read_now(Some(&a)).expect("read");
        assert_eq!(host.state().reloads, 1);
        units.mark(&a);
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| units.read(&a));
            units.mark(&b);
            units.finish(&b);
            reading.join().expect("no panic").expect("read");
        });
        // Everything has been read already.
        let reloads = host.state().reloads;
        units.read(&a).expect("read");
        units.read(&b).expect("read");
        assert_eq!((reloads, host.state().reloads), (2, 2));
    }
}
