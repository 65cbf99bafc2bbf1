//! What workflows need from this machine beyond its snapshot and the steps of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::linux::{self, Linux};
use super::systemd::{self, Job};
use super::{
    apply_journal, bind_source, confirmation, generations, guest_system, install_boot, kept_state, last_switch,
    leftovers, live, look, loopback, mount_units, netlink, nft, probe, ready, restore_unit, waiting,
};
use crate::app::{KeptState, LiveHost, Lock, LockError, MountLeft, NoRoom, Room};
use crate::apply::{BusCall, HostError};
use crate::model::ContainerName;
use crate::model::spec::NewSource;
use crate::render::paths;
use crate::state::{
    AbsentMount, Generation, GenerationEntry, GuestSystem, Health, LastSwitch, ProbeError, Snapshot, Versions,
};

impl LiveHost for Linux {
    fn lock(&self, waits: bool) -> Result<Lock, LockError> {
        Ok(Box::new(self.take_lock(waits)?))
    }

    fn generations(&self) -> Result<Vec<GenerationEntry>, HostError> {
        generations::list()
    }

    fn generation(&self, number: u32) -> Result<Option<Generation>, ProbeError> {
        probe::generation(number)
    }

    fn schedule_undo(&self, after: Duration, former: u32) -> io::Result<()> {
        confirmation::schedule_undo(after, former)
    }

    fn cancel_undo(&self) -> io::Result<()> {
        confirmation::cancel_undo()
    }

    fn expect_confirmation(&self) -> io::Result<()> {
        confirmation::expect()
    }

    fn is_confirmed(&self) -> bool {
        confirmation::is_given()
    }

    fn end_confirmation(&self) -> io::Result<bool> {
        confirmation::end()
    }

    fn confirm(&self) -> io::Result<bool> {
        confirmation::give()
    }

    fn holds_lock(&self, process: u32) -> bool {
        last_switch::holds_lock(process)
    }

    fn versions(&self) -> Versions {
        let known = |program, version: Result<String, Box<dyn Error>>| {
            version.inspect_err(|error| tracing::debug!(error, "cannot ask {program} for its version")).ok()
        };
        Versions {
            systemd: known("systemd", systemd::version().map_err(Into::into)),
            nft: known("nft", nft::version().map_err(Into::into)),
        }
    }

    fn follow(&self, units: &BTreeSet<String>) {
        restore_unit::follow(units);
        loopback::listen();
    }

    fn await_interfaces(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        netlink::await_all(names, waiting::INTERFACES).unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot wait for interfaces");
            BTreeSet::new()
        })
    }

    fn lacking(&self, rooms: &[Room]) -> Vec<NoRoom> {
        ready::lacking(rooms)
    }

    fn immutable(&self, files: &[PathBuf]) -> Vec<PathBuf> {
        ready::fixed(files)
    }

    fn unusable_roots(&self, roots: &[PathBuf]) -> Vec<PathBuf> {
        ready::unusable_roots(roots)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn mount(&self, mount: &AbsentMount) -> Result<(), HostError> {
        mount_units::start(mount)
    }

    fn create_source(&self, source: &NewSource) -> Result<(), HostError> {
        let path = source.path.clone();
        bind_source::create(source).map_err(|source| HostError::Source { path, source: source.into() })
    }

    fn guest_system(&self, system: &Path) -> Option<GuestSystem> {
        guest_system::read(system)
    }

    fn restart(&self, name: &ContainerName) -> Result<(), HostError> {
        linux::job(name, Job::Restart)
    }

    fn kill(&self, name: &ContainerName) -> Result<(), HostError> {
        let killed = systemd::kill(&name.unit(), nix::libc::SIGKILL);
        killed.map_err(linux::bus(BusCall::Kill(name.clone())))
    }

    fn mounts_left(&self, name: &ContainerName) -> Vec<MountLeft> {
        let mounts = leftovers::mounts_in_dead_roots(name).into_iter();
        mounts.map(|mount| MountLeft { description: mount.to_string(), at: mount.at }).collect()
    }

    fn starts_at_once(&self) -> usize {
        starts_at_once()
    }

    fn workers(&self) -> usize {
        std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8)
    }

    fn healths(&self, snapshot: &Snapshot) -> BTreeMap<ContainerName, Health> {
        look::healths(snapshot)
    }

    fn failures(&self, snapshot: &Snapshot) -> BTreeMap<ContainerName, String> {
        look::failures(snapshot)
    }

    fn last_switch(&self) -> Option<LastSwitch> {
        last_switch::read()
    }

    fn compact_journal(&self) -> io::Result<()> {
        // One whose state cannot be asked for may be either.
        let is_ours = |name: &ContainerName| paths::record(name).exists();
        let runs = |name: &ContainerName| live::is_running(name).ok();
        let may_be_down = |name: &ContainerName| is_ours(name) && runs(name) != Some(true);
        apply_journal::compact(may_be_down, |name| is_ours(name) && runs(name) != Some(false))
    }

    fn note_switch(&self, last: &LastSwitch) -> io::Result<()> {
        last_switch::write(last)
    }

    fn kept_state(&self, name: &ContainerName) -> Result<Option<KeptState>, HostError> {
        kept_state::measure(name)
    }

    fn purge(&self, name: &ContainerName) -> Result<(), HostError> {
        kept_state::purge(name)
    }

    fn uninstall_boot_service(&self) -> Result<(), Box<dyn std::error::Error>> {
        Ok(install_boot::uninstall_boot()?)
    }

    fn note_booted(&self, number: u32) -> Result<(), HostError> {
        generations::note_booted(number)
    }
}

/// How many containers may start at the same time.
///
/// Like systemd, we would start all at once. But their guests need memory to boot in, and too many would keep each
/// other from starting in time.
fn starts_at_once() -> usize {
    const MOST: usize = 128;
    const LEAST: usize = 8;
    /// The memory that the processes of a guest need to boot.
    const KIB_EACH: usize = 64 * 1024;
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = memory.lines().find_map(|line| line.strip_prefix("MemAvailable:")?.split_whitespace().next());
    let kib: Option<usize> = available.and_then(|number| number.parse().ok());
    kib.map_or(MOST, |kib| kib / KIB_EACH).clamp(LEAST, MOST)
}
