//! What workflows need from a host in memory.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::MemoryHost;
use crate::app::{KeptState, LiveHost, Lock, LockError, MountLeft, NoRoom, Room};
use crate::apply::{Host, HostError};
use crate::model::ContainerName;
use crate::model::spec::NewSource;
use crate::render::paths;
use crate::state::{
    AbsentMount, Generation, GenerationEntry, GenerationSummary, GuestSystem, Health, LastSwitch, ProbeError,
    Snapshot, Versions,
};

/// The lock, which frees the host when it is dropped.
struct Held(Arc<AtomicBool>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

impl LiveHost for MemoryHost {
    fn lock(&self, _: bool) -> Result<Lock, LockError> {
        if self.is_locked.swap(true, Ordering::SeqCst) {
            return Err(LockError::Held { holder: String::from("another container-rebuild (process 1)") });
        }
        let lock: Box<dyn Any> = Box::new(Held(Arc::clone(&self.is_locked)));
        Ok(lock)
    }

    fn holds_lock(&self, _: u32) -> bool {
        self.is_locked.load(Ordering::SeqCst)
    }

    fn versions(&self) -> Versions {
        self.state().versions.clone()
    }

    fn follow(&self, _: &BTreeSet<String>) {}

    fn await_interfaces(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        let state = self.state();
        names.iter().filter(|name| !state.interfaces.contains_key(*name)).cloned().collect()
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
        let state = self.state();
        if path.starts_with(paths::CONFS) {
            return state.written.keys().chain(state.theirs.keys()).any(|name| path == paths::conf(name));
        }
        !state.missing.contains(path)
    }

    fn mount(&self, mount: &AbsentMount) -> Result<(), HostError> {
        let mut state = self.state();
        if state.broken_mounts.contains(&mount.unit) {
            state.absent_mounts.replace(AbsentMount { has_failed: true, ..mount.clone() });
            let (unit, result) = (mount.unit.clone(), String::from("failed"));
            return Err(HostError::Job { unit, job: "start", result, log: Vec::new() });
        }
        // What is on the mount is not known here: everything that is looked for.
        state.absent_mounts.retain(|absent| absent.unit != mount.unit);
        state.missing.retain(|path| !path.starts_with(&mount.at));
        Ok(())
    }

    fn create_source(&self, source: &NewSource) -> Result<(), HostError> {
        let mut state = self.state();
        if state.unknown_users.contains(&source.user) {
            let (path, error) = (source.path.clone(), format!("the host has no user `{}`", source.user));
            return Err(HostError::Source { path, source: error.into() });
        }
        state.missing.remove(&source.path);
        Ok(())
    }

    fn guest_system(&self, system: &Path) -> Option<GuestSystem> {
        let state = self.state();
        (!state.missing.contains(system)).then(|| state.guest_systems.get(system).cloned().unwrap_or_default())
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
        if self.state().starts_one_at_a_time { 1 } else { 8 }
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

    fn compact_journal(&self) -> io::Result<()> {
        let mut state = self.state();
        let (mut unfinished, running) = (std::mem::take(&mut state.unfinished), &state.running);
        unfinished.stopped.retain(|name| !running.contains_key(name) && state.written.contains_key(name));
        unfinished.changing.retain(|name, _| running.contains_key(name));
        unfinished.is_damaged = false;
        state.unfinished = unfinished;
        Ok(())
    }

    fn note_switch(&self, last: &LastSwitch) -> io::Result<()> {
        self.state().last_switch = Some(last.clone());
        Ok(())
    }

    fn generations(&self) -> Result<Vec<GenerationEntry>, HostError> {
        let state = self.state();
        let entry = |generation: &Generation| GenerationEntry {
            number: generation.number,
            summary: Ok(GenerationSummary {
                recorded: generation.recorded,
                source: generation.source.clone(),
                revision: generation.revision.clone(),
                systems: generation
                    .records
                    .iter()
                    .map(|(name, record)| (name.clone(), record.spec.system.clone()))
                    .collect(),
            }),
            is_current: state.current == Some(generation.number),
            boots: state.boots == Some(generation.number),
            has_booted: false,
        };
        Ok(state.generations.iter().map(entry).collect())
    }

    fn generation(&self, number: u32) -> Result<Option<Generation>, ProbeError> {
        let state = self.state();
        if state.is_generation_lost {
            return Ok(None);
        }
        Ok(state.generations.iter().find(|generation| generation.number == number).cloned())
    }

    fn schedule_undo(&self, _: Duration, former: u32) -> io::Result<()> {
        self.state().scheduled_undo = Some(former);
        Ok(())
    }

    fn cancel_undo(&self) -> io::Result<()> {
        self.state().scheduled_undo = None;
        Ok(())
    }

    fn expect_confirmation(&self) -> io::Result<()> {
        self.state().is_unconfirmed = true;
        Ok(())
    }

    fn is_confirmed(&self) -> bool {
        !self.state().is_unconfirmed
    }

    fn end_confirmation(&self) -> io::Result<bool> {
        Ok(!std::mem::take(&mut self.state().is_unconfirmed))
    }

    fn confirm(&self) -> io::Result<bool> {
        Ok(std::mem::take(&mut self.state().is_unconfirmed))
    }

    fn kept_state(&self, name: &ContainerName) -> Result<Option<KeptState>, HostError> {
        let kept = KeptState { directories: vec![paths::root(name)], bytes: 1 << 20, files: 3 };
        Ok(self.state().roots.contains(name).then_some(kept))
    }

    fn purge(&self, name: &ContainerName) -> Result<(), HostError> {
        self.state().roots.remove(name);
        Ok(())
    }

    fn uninstall_boot_service(&self) -> Result<(), Box<dyn std::error::Error>> {
        self.state().boot_service.is_enabled = false;
        Ok(())
    }

    fn note_booted(&self, _: u32) -> Result<(), HostError> {
        Ok(())
    }
}
