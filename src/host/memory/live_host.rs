//! What workflows need from a host in memory.

use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::MemoryHost;
use crate::app::{LiveHost, Lock, LockError, MountLeft, NoRoom, Room};
use crate::apply::{Host, HostError};
use crate::model::ContainerName;
use crate::state::{Health, LastSwitch, Snapshot};

/// The lock, which frees the host when it is dropped.
struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl LiveHost for MemoryHost {
    fn lock(&self) -> Result<Lock, LockError> {
        if self.is_locked.swap(true, Ordering::SeqCst) {
            return Err(LockError::Held { holder: String::from("another container-rebuild (process 1)") });
        }
        let lock: Box<dyn Any> = Box::new(Held(Arc::clone(&self.is_locked)));
        Ok(lock)
    }

    fn holds_lock(&self, _: u32) -> bool {
        self.is_locked.load(Ordering::SeqCst)
    }

    fn lacking(&self, rooms: &[Room]) -> Vec<NoRoom> {
        let is_full = self.state().is_full;
        let lacks = |room: &Room| NoRoom {
            directory: room.directory.clone(),
            bytes: room.bytes,
            source: io::ErrorKind::StorageFull.into(),
        };
        rooms.iter().filter(|_| is_full).map(lacks).collect()
    }

    fn immutable(&self, files: &[PathBuf]) -> Vec<PathBuf> {
        let state = self.state();
        files.iter().filter(|file| state.immutable.contains(*file)).cloned().collect()
    }

    fn unusable_roots(&self, _: &[PathBuf]) -> Vec<PathBuf> {
        Vec::new()
    }

    fn exists(&self, path: &Path) -> bool {
        !self.state().missing.contains(path)
    }

    fn restart(&self, name: &ContainerName) -> Result<(), HostError> {
        self.stop(name)?;
        self.start(name)
    }

    fn kill(&self, name: &ContainerName) -> Result<(), HostError> {
        self.stop(name)
    }

    fn mounts_left(&self, _: &ContainerName) -> Vec<MountLeft> {
        Vec::new()
    }

    fn starts_at_once(&self) -> usize {
        8
    }

    fn workers(&self) -> usize {
        2
    }

    fn healths(&self, snapshot: &Snapshot) -> BTreeMap<ContainerName, Health> {
        snapshot.containers.keys().filter_map(|name| Some((name.clone(), self.health(name)?))).collect()
    }

    fn failures(&self, _: &Snapshot) -> BTreeMap<ContainerName, String> {
        self.state().failed.iter().map(|name| (name.clone(), String::from("exit-code"))).collect()
    }

    fn last_switch(&self) -> Option<LastSwitch> {
        self.state().last_switch.clone()
    }

    fn note_switch(&self, last: &LastSwitch) -> io::Result<()> {
        self.state().last_switch = Some(last.clone());
        Ok(())
    }

    fn note_booted(&self, _: u32) -> Result<(), HostError> {
        Ok(())
    }
}
