//! The seam between what is to be done and the world in which it is done.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::live::Switched;
use super::queue::Panicked;
use crate::model::ContainerName;
use crate::model::spec::Bind;
use crate::render::interface::Pair;
use crate::render::nft::Sysctl;
use crate::state::{Generation, Health};

/// Why the host did not do it.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// systemd refused, or the job failed.
    #[error("{unit}: the {job} job ended with `{result}`")]
    Job {
        /// The unit.
        unit: String,
        /// `start`, `stop` or `restart`.
        job: &'static str,
        /// `failed`, `timeout`, `dependency` … (org.freedesktop.systemd1(5), JobRemoved).
        result: String,
        /// The last lines of the unit's own log, where they could be had.
        log: Vec<String>,
    },
    /// A call over D-Bus failed.
    #[error("cannot {what}")]
    Bus {
        /// What was to be done, as the object of "cannot".
        what: String,
        /// What zbus said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file operation failed.
    #[error("cannot {what} {}", path.display())]
    File {
        /// What was to be done: `write`, `remove`, `link` …
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A guest that runs did not do what it was asked for.
    #[error("`{name}` {what}")]
    Guest {
        /// The container.
        name: ContainerName,
        /// What it did instead.
        what: String,
    },
    /// It took longer than it may.
    #[error("gave up waiting for the {what}: {reason}")]
    GaveUp {
        /// What was waited for.
        what: String,
        /// How long.
        reason: String,
    },
    /// The user did not want to wait any longer. It goes on, and is not gone back on.
    #[error("did not wait for the {what}: {who} goes on with it")]
    LeftAlone {
        /// What was waited for.
        what: String,
        /// Who does it.
        who: String,
    },
    /// This program panicked in the middle of it.
    #[error("internal error: {message}; please report it")]
    Internal {
        /// What it panicked with.
        message: String,
    },
    /// The plan has guests in it that were not built yet.
    #[error("some guests are not built yet")]
    Unbuilt,
    /// The rules are loaded for several containers at once, and could not be.
    #[error("the rules were not loaded: {message}")]
    Rules {
        /// Why not.
        message: String,
    },
    /// What a container ran with before is another's by now.
    #[error("an address or interface that it had before belongs to `{by}` now")]
    Taken {
        /// Whose.
        by: ContainerName,
    },
    /// `nft` refused the rules.
    #[error("nft refused the rules")]
    Nft {
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl From<Panicked> for HostError {
    fn from(panicked: Panicked) -> Self {
        Self::Internal { message: panicked.message }
    }
}

/// The files of one container, as text ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFiles {
    /// `/run/systemd/system/container@NAME.service`.
    pub unit: String,
    /// `/etc/nixos-containers/NAME.conf` (through a link to a read-only file).
    pub conf: String,
    /// The [`crate::state::Record`] as JSON.
    pub record: String,
}

/// What apply may do to a host. Each operation is idempotent: it may be run again after a crash in its middle.
///
/// Shared between threads: independent containers are worked on at the same time.
pub trait Host: Sync {
    /// Puts this program where units call it ([`crate::render::paths::PROGRAM`]), whole at every instant.
    fn install_program(&self) -> Result<(), HostError>;
    /// Writes the boot service again, which is installed and ours. systemd is not told yet.
    fn write_boot_service(&self) -> Result<(), HostError>;
    /// Writes the files of a container, each atomically. systemd is not told yet.
    fn install(&self, name: &ContainerName, files: &ContainerFiles) -> Result<(), HostError>;
    /// Removes the files that [`install`](Host::install) wrote, and what the runtime left of the container (a dead
    /// ephemeral root, its network namespace), but nothing that is kept.
    fn uninstall(&self, name: &ContainerName) -> Result<(), HostError>;
    /// Has systemd read all unit files again.
    fn reload_units(&self) -> Result<(), HostError>;
    /// Starts the container and waits until its guest has said that it is ready.
    fn start(&self, name: &ContainerName) -> Result<(), HostError>;
    /// Stops it and waits until nothing of it is left.
    fn stop(&self, name: &ContainerName) -> Result<(), HostError>;
    /// Whether the container runs, or is on the way to.
    fn is_running(&self, name: &ContainerName) -> Result<bool, HostError>;
    /// How the running guest is, as its own systemd says; `None` where it has none, or gives no answer in good time.
    fn health(&self, name: &ContainerName) -> Option<Health>;
    /// Mounts a path of the host in the running guest, unless it is mounted there.
    fn bind(&self, name: &ContainerName, bind: &Bind) -> Result<(), HostError>;
    /// Changes the addresses and routes of a link to the running guest, on both sides, and puts it into its bridge.
    fn readdress(&self, name: &ContainerName, from: &Pair, to: &Pair) -> Result<(), HostError>;
    /// Has the running guest switch to another system.
    fn switch_guest(&self, name: &ContainerName, system: &Path) -> Result<Switched, HostError>;
    /// Writes down what the container runs with from now on, in the place of what it booted with.
    fn note_running(&self, name: &ContainerName, record: &str) -> Result<(), HostError>;
    /// Loads a ruleset (libnftables-json(5)) in one transaction.
    fn load_rules(&self, ruleset: &serde_json::Value) -> Result<(), HostError>;
    /// Forgets the open connections from and to these addresses, which are about to be another guest's: by what the kernel
    /// keeps of them, packets would go on to whoever is there then, forward or not.
    fn forget_flows(&self, addresses: &BTreeSet<IpAddr>) -> Result<(), HostError>;
    /// Sets sysctls; one whose interface is gone by now is passed over.
    fn set_sysctls(&self, sysctls: &[Sysctl]) -> Result<(), HostError>;
    /// Gives back the sysctls of the whole host that were set for rules and that none of these needs any more: those that were
    /// different before, and still are as they were set.
    fn release_sysctls(&self, needed: &[Sysctl]) -> Result<(), HostError>;
    /// Keeps a store path from Nix's garbage collector under a name of ours; paths outside the store need no keeping.
    fn add_gc_root(&self, root: &str, path: &Path) -> Result<(), HostError>;
    /// Lets it go again.
    fn remove_gc_root(&self, root: &str) -> Result<(), HostError>;
    /// Records a generation under the next free number and makes it the one that boots; gives the number.
    fn record_generation(&self, generation: &Generation) -> Result<u32, HostError>;
}
