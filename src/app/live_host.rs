//! The host that workflows observe and change.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::apply::{Host, HostError};
use crate::model::ContainerName;
use crate::model::spec::NewSource;
use crate::state::{
    AbsentMount, Generation, GenerationEntry, GuestSystem, Health, LastSwitch, Probe, ProbeError, Snapshot,
    Versions,
};

/// Why the host could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process is changing the host.
    #[error("{holder} is changing this host")]
    Held {
        /// The process that holds the lock, as far as that is known.
        holder: String,
    },
    /// The lock file could not be opened or locked.
    #[error("cannot lock {}", path.display())]
    File {
        /// The lock file.
        path: PathBuf,
        /// The kernel's error.
        source: io::Error,
    },
}

/// The lock on the host: no other process changes the host until this is dropped.
pub type Lock = Box<dyn Any>;

/// A directory, and how much will be written to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The directory.
    pub directory: PathBuf,
    /// The number of bytes.
    pub bytes: usize,
    /// Whether the file system may be read-only, because there is an alternative.
    pub optional: bool,
}

/// A directory in which a switch could not write its files.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {bytes} bytes in {}", directory.display())]
pub struct NoRoom {
    /// The directory.
    pub directory: PathBuf,
    /// In bytes.
    pub bytes: usize,
    /// The kernel's error.
    pub source: io::Error,
}

/// A mount because of which a former root of a container could not be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountLeft {
    /// The mount point.
    pub at: PathBuf,
    /// The mount point, and what is mounted there.
    pub description: String,
}

/// What a container keeps on the host between its runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeptState {
    /// Its directories.
    pub directories: Vec<PathBuf>,
    /// The space that they take, in bytes.
    pub bytes: u64,
    /// The number of files in them.
    pub files: u64,
}

/// Everything that workflows need from the host beyond a snapshot of it and the steps of a plan.
pub trait LiveHost: Host + Probe {
    /// Locks the host against other processes that would change it, and waits for them if `waits`; then removes what dead
    /// runs have left.
    ///
    /// # Errors
    ///
    /// If another process holds the lock and this one does not wait, or if the lock file cannot be used.
    fn lock(&self, waits: bool) -> Result<Lock, LockError>;
    /// Whether `process` holds the lock.
    fn holds_lock(&self, process: u32) -> bool;
    /// From now on, puts back what is lost when one of these units of the host is restarted or reloaded, and listens at the ports
    /// of `[::1]` that lead into guests. systemd must have read what [`Host::restore_after`] and [`Host::lead_loopback`]
    /// installed.
    fn follow(&self, units: &BTreeSet<String>);
    /// Waits until these interfaces exist; returns those that did not appear in time.
    fn await_interfaces(&self, names: &BTreeSet<String>) -> BTreeSet<String>;
    /// Those of `rooms` that lack space or permission.
    fn lacking(&self, rooms: &[Room]) -> Vec<NoRoom>;
    /// Those of `files` that cannot be replaced or removed even if their directory is writable.
    fn immutable(&self, files: &[PathBuf]) -> Vec<PathBuf>;
    /// Those of `roots` that exist but are not directories, so that no guest can start in them.
    fn unusable_roots(&self, roots: &[PathBuf]) -> Vec<PathBuf>;
    /// Whether `path` exists; follows symlinks.
    fn exists(&self, path: &Path) -> bool;
    /// Starts the unit of a mount, and waits until it is mounted.
    ///
    /// # Errors
    ///
    /// If it is not mounted afterwards.
    fn mount(&self, mount: &AbsentMount) -> Result<(), HostError>;
    /// Creates a source of bind mounts as a directory with its owner and mode, and missing parents as root's. One that exists
    /// is left as it is.
    ///
    /// # Errors
    ///
    /// If its owner does not exist, or the directory cannot be created.
    fn create_source(&self, source: &NewSource) -> Result<(), HostError>;
    /// The facts about a guest's system that decide whether a running guest can switch to it; `None` if it is not built.
    fn guest_system(&self, system: &Path) -> Option<GuestSystem>;
    /// Restarts the container with what was last written for it; starts it if it does not run.
    ///
    /// # Errors
    ///
    /// If the job fails, or is not waited for.
    fn restart(&self, name: &ContainerName) -> Result<(), HostError>;
    /// Kills all processes of the container, its systemd-nspawn included.
    ///
    /// # Errors
    ///
    /// If systemd cannot kill them.
    fn kill(&self, name: &ContainerName) -> Result<(), HostError>;
    /// The mounts because of which former roots of the container could not be removed.
    fn mounts_left(&self, name: &ContainerName) -> Vec<MountLeft>;
    /// The versions of the programs that containers need.
    fn versions(&self) -> Versions;
    /// How many containers may start at the same time.
    fn starts_at_once(&self) -> usize;
    /// How many steps may compute at the same time.
    fn workers(&self) -> usize;
    /// The health of the running guests according to their own systemds; guests that do not answer are left out.
    fn healths(&self, snapshot: &Snapshot) -> BTreeMap<ContainerName, Health>;
    /// Why stopped containers have failed.
    fn failures(&self, snapshot: &Snapshot) -> BTreeMap<ContainerName, String>;
    /// The last switch; `None` if there was none, or if its record cannot be read.
    fn last_switch(&self) -> Option<LastSwitch>;
    /// Removes settled entries from the journal of the apply in hand: containers that run again or no longer exist, and changes of
    /// guests that do not run. Removes the journal if it has no others.
    ///
    /// # Errors
    ///
    /// If the journal cannot be read or written. A container whose state cannot be asked for stays in it.
    fn compact_journal(&self) -> io::Result<()>;
    /// Records the last switch.
    ///
    /// # Errors
    ///
    /// If the record cannot be written.
    fn note_switch(&self, last: &LastSwitch) -> io::Result<()>;
    /// All generations, the oldest first. One that cannot be read is among them, with the reason.
    ///
    /// # Errors
    ///
    /// If they cannot be listed.
    fn generations(&self) -> Result<Vec<GenerationEntry>, HostError>;
    /// The generation `number`; `None` if it does not exist or is damaged.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or if a later version of this program wrote it.
    fn generation(&self, number: u32) -> Result<Option<Generation>, ProbeError>;
    /// Has systemd bring the host back to the generation `former` (0 for no containers) after this time, unless
    /// [`Self::cancel_undo`] comes first: this process may be killed. It waits for the lock. Replaces what was scheduled before.
    ///
    /// # Errors
    ///
    /// If systemd refuses.
    fn schedule_undo(&self, after: Duration, former: u32) -> io::Result<()>;
    /// Cancels that; does nothing if nothing is scheduled.
    ///
    /// # Errors
    ///
    /// If systemd cannot be asked.
    fn cancel_undo(&self) -> io::Result<()>;
    /// Lets other processes confirm what this one has applied, until [`Self::end_confirmation`]. It holds the lock.
    ///
    /// # Errors
    ///
    /// If they cannot be told.
    fn expect_confirmation(&self) -> io::Result<()>;
    /// Whether another process has confirmed it.
    fn is_confirmed(&self) -> bool;
    /// From now on, nobody can confirm it; returns whether somebody has.
    ///
    /// # Errors
    ///
    /// If that is not known.
    fn end_confirmation(&self) -> io::Result<bool>;
    /// Confirms what another process has applied; returns whether one waited for that.
    ///
    /// # Errors
    ///
    /// If that process cannot be told.
    fn confirm(&self) -> io::Result<bool>;
    /// What the container keeps on the host; `None` if that is nothing.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    fn kept_state(&self, name: &ContainerName) -> Result<Option<KeptState>, HostError>;
    /// Deletes what the container keeps on the host. Mounts in there, and what they show, stay.
    ///
    /// # Errors
    ///
    /// If something could not be deleted.
    fn purge(&self, name: &ContainerName) -> Result<(), HostError>;
    /// Removes the boot service that `install-boot` has installed; does nothing if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    fn uninstall_boot_service(&self) -> Result<(), Box<dyn std::error::Error>>;
    /// Notes that this boot starts the generation `number`, which is therefore kept.
    ///
    /// # Errors
    ///
    /// If the note cannot be written.
    fn note_booted(&self, number: u32) -> Result<(), HostError>;
}
