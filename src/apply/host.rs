//! The interface to the host that a plan is applied to.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::live::Switched;
use super::queue::Panicked;
use crate::model::ContainerName;
use crate::model::spec::{Bind, ContainerSpec};
use crate::render::hosts::Hosts;
use crate::render::interface::Pair;
use crate::render::loopback::Loopback;
use crate::render::nft::{Ruleset, Sysctl};
use crate::render::unmanaged::Unmanaged;
use crate::state::{Activation, Generation, Health, JournalEntry};

/// Why an operation on the host failed.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A systemd job failed.
    #[error("{unit}: the {job} job ended with `{result}`")]
    Job {
        /// The unit.
        unit: String,
        /// `start`, `stop` or `restart`.
        job: &'static str,
        /// `failed`, `timeout`, `dependency` … (org.freedesktop.systemd1(5), JobRemoved).
        result: String,
        /// The last lines of the unit's own log, if they could be read.
        log: Vec<String>,
    },
    /// A call of systemd or systemd-machined over D-Bus failed.
    #[error("cannot {call}")]
    Bus {
        /// The call.
        call: BusCall,
        /// The error of zbus.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A request over netlink failed.
    #[error("cannot reconfigure the interface `{interface}` of `{name}`")]
    Netlink {
        /// The container.
        name: ContainerName,
        /// The interface on the host.
        interface: String,
        /// The error of the kernel or of rtnetlink.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A bridge that was created for containers cannot be deleted.
    #[error("cannot delete the bridges of former containers")]
    Bridges {
        /// The error of the kernel or of rtnetlink.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kernel's connection tracking refused to forget connections.
    #[error("cannot end the connections of former guests")]
    Conntrack {
        /// The error of the kernel.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What a container left behind cannot be removed.
    #[error("cannot clean up after `{name}`")]
    CleanUp {
        /// The container.
        name: ContainerName,
        /// The error of the cleanup.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file operation failed.
    #[error("cannot {what} {}", path.display())]
    File {
        /// What was attempted: `write`, `remove`, `link` …
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// The kernel's error.
        source: std::io::Error,
    },
    /// A source of bind mounts cannot be created.
    #[error("cannot create {}", path.display())]
    Source {
        /// The source.
        path: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The container does not run.
    #[error("`{name}` does not run")]
    NotRunning {
        /// The container.
        name: ContainerName,
    },
    /// A running guest cannot be reached.
    #[error("cannot change `{name}` while it runs")]
    Guest {
        /// The container.
        name: ContainerName,
        /// Why it cannot be reached.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A running guest did not switch to another system.
    #[error("`{name}` could not switch to {}: its `switch-to-configuration` ended with {status}", system.display())]
    GuestSwitch {
        /// The container.
        name: ContainerName,
        /// The system.
        system: PathBuf,
        /// The exit status.
        status: i32,
        /// The last lines that it printed.
        log: Vec<String>,
    },
    /// A running guest does not do what its health check asks for.
    #[error("`{name}` is not healthy after {} s: {}", waited.as_secs(), lacking.join(", "))]
    Unhealthy {
        /// The container.
        name: ContainerName,
        /// How long it was waited for.
        waited: Duration,
        /// What it does not do.
        lacking: Vec<String>,
        /// The last lines of the guest's journal.
        log: Vec<String>,
    },
    /// A guest with private users cannot get a mount while it runs.
    #[error("`{name}` cannot be given new mounts while it runs, because its users are private")]
    PrivateUsers {
        /// The container.
        name: ContainerName,
    },
    /// An operation took longer than its limit.
    #[error("gave up waiting for the {operation}: {reason}")]
    GaveUp {
        /// What was waited for.
        operation: Operation,
        /// The limit that was reached.
        reason: String,
    },
    /// The user stopped waiting. The operation goes on, and is not rolled back.
    #[error("stopped waiting for the {operation}: {} goes on with it", operation.carried_on_by())]
    StoppedWaiting {
        /// What was waited for.
        operation: Operation,
    },
    /// This program panicked during the operation.
    #[error("internal error: {message}; please report it")]
    Internal {
        /// The panic's message.
        message: String,
    },
    /// The plan contains guests that have not been built yet.
    #[error("some guests have not been built yet")]
    Unbuilt,
    /// A load of rules that is shared by several containers failed.
    #[error("the rules were not loaded: {message}")]
    Rules {
        /// The error of the load.
        message: String,
    },
    /// Another container has taken what this one ran with before.
    #[error("`{by}` now has an address or interface that this container had before")]
    Taken {
        /// The container that has it now.
        by: ContainerName,
    },
    /// `nft` refused the rules.
    #[error("nft refused the rules")]
    Nft {
        /// The error of nft.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A call of systemd or systemd-machined (org.freedesktop.systemd1(5), org.freedesktop.machine1(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusCall {
    /// A job of the container's unit: `start`, `stop` or `restart`.
    Job(&'static str, ContainerName),
    /// Sending a signal to the container's processes.
    Kill(ContainerName),
    /// Reloading all unit files.
    Reload,
    /// Reading the state of the container's unit.
    State(ContainerName),
    /// Looking up the container's machine.
    Find(ContainerName),
    /// Mounting the second path, of the host, at the third in the running container.
    Mount(ContainerName, String, String),
}

impl std::fmt::Display for BusCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Job(job, name) => write!(f, "{job} `{name}`"),
            Self::Kill(name) => write!(f, "kill `{name}`"),
            Self::Reload => f.write_str("make systemd reload its units"),
            Self::State(name) => write!(f, "get the state of `{name}`"),
            Self::Find(name) => write!(f, "find the machine `{name}`"),
            Self::Mount(name, host, mount) => write!(f, "mount {host} at {mount} in `{name}`"),
        }
    }
}

/// An operation that others carry out while we wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A job of the container's unit, carried out by systemd.
    Job(&'static str, ContainerName),
    /// A command in the container's guest.
    Command(String, ContainerName),
    /// The health check of the container, for which its guest starts services.
    HealthCheck(ContainerName),
}

impl Operation {
    /// What carries on with it when we stop waiting.
    fn carried_on_by(&self) -> String {
        match self {
            Self::Job(..) => String::from("systemd"),
            Self::Command(_, name) | Self::HealthCheck(name) => format!("`{name}`"),
        }
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Job(job, name) => write!(f, "{job} of `{name}`"),
            Self::Command(command, _) => f.write_str(command),
            Self::HealthCheck(name) => write!(f, "health check of `{name}`"),
        }
    }
}

impl From<Panicked> for HostError {
    fn from(panicked: Panicked) -> Self {
        Self::Internal { message: panicked.message }
    }
}

/// The contents of one container's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFiles {
    /// `/run/systemd/system/container@NAME.service`.
    pub unit: String,
    /// `/etc/nixos-containers/NAME.conf` (a symlink to a read-only file).
    pub conf: String,
    /// The [`crate::state::Record`] as JSON.
    pub record: String,
}

/// The operations that apply performs on a host. Each is idempotent: it may be repeated after a crash in its middle.
///
/// Shared between threads: independent containers are worked on at the same time. Methods fail if the host refuses the
/// operation, or does not carry it out in time.
pub trait Host: Sync {
    /// Installs this program at the path that units call ([`crate::render::paths::PROGRAM`]), replacing it atomically.
    fn install_program(&self) -> Result<(), HostError>;
    /// Rewrites the boot service, which must be installed and ours. systemd is not told yet.
    fn write_boot_service(&self) -> Result<(), HostError>;
    /// Writes a container's files, each atomically. systemd is not told yet. Returns whether it has to be: not if it has read
    /// the same unit before.
    fn install(&self, name: &ContainerName, files: &ContainerFiles) -> Result<bool, HostError>;
    /// Removes the files that [`install`](Host::install) wrote and what the runtime left behind (a dead ephemeral root,
    /// the network namespace), but nothing that is kept.
    fn uninstall(&self, name: &ContainerName) -> Result<(), HostError>;
    /// Makes systemd reload all unit files.
    fn reload_units(&self) -> Result<(), HostError>;
    /// Makes the host's network managers leave these interfaces alone, and no others on our behalf. Interfaces that do not exist yet
    /// are not touched even when they appear.
    fn leave_alone(&self, interfaces: &Unmanaged) -> Result<(), HostError>;
    /// Deletes the bridges that were created for containers, but for those in `kept` and those that something else is attached to.
    fn release_bridges(&self, kept: &BTreeSet<String>) -> Result<(), HostError>;
    /// Installs the unit that puts back what is lost when these units of the host are restarted or reloaded, or removes it if there
    /// are none. Returns whether systemd has to read unit files.
    fn restore_after(&self, units: &BTreeSet<String>) -> Result<bool, HostError>;
    /// Installs the units that lead these ports of `[::1]` into guests, and removes all others of theirs. They do not listen yet.
    /// Returns whether systemd has to read unit files.
    fn lead_loopback(&self, loopback: &Loopback) -> Result<bool, HostError>;
    /// Makes these the names of containers in the host's `/etc/hosts`, if that is a file that we may change.
    fn name_in_hosts(&self, hosts: &Hosts) -> Result<(), HostError>;
    /// Starts the container and waits until its guest reports that it is ready.
    fn start(&self, name: &ContainerName) -> Result<(), HostError>;
    /// Stops the container and waits until all of its processes are gone.
    fn stop(&self, name: &ContainerName) -> Result<(), HostError>;
    /// Whether the container runs or is starting.
    fn is_running(&self, name: &ContainerName) -> Result<bool, HostError>;
    /// The running guest's health according to its own systemd; `None` if it has none, or does not answer in time.
    fn health(&self, name: &ContainerName) -> Option<Health>;
    /// Waits until the running guest does what its health check asks for.
    fn check_health(&self, spec: &ContainerSpec) -> Result<(), HostError>;
    /// The sources of the running guest's bind mounts that are symlinks and lead elsewhere by now.
    fn moved_sources(&self, name: &ContainerName) -> BTreeSet<PathBuf>;
    /// Mounts a path of the host in the running guest, unless it is already mounted there.
    fn bind(&self, name: &ContainerName, bind: &Bind) -> Result<(), HostError>;
    /// Changes the addresses and routes of an interface of the running guest, on both ends, and attaches it to its
    /// bridge.
    fn readdress(&self, name: &ContainerName, from: &Pair, to: &Pair) -> Result<(), HostError>;
    /// The system that the running guest says it runs: another than ours if it was switched from inside. `None` if it does
    /// not say, or if that system is gone.
    fn running_system(&self, name: &ContainerName) -> Option<PathBuf>;
    /// Makes the running guest switch to another system, if that does not need a restart.
    fn switch_guest(&self, name: &ContainerName, system: &Path) -> Result<Switched, HostError>;
    /// Replaces the record that the container booted with by the one that it runs with from now on.
    fn note_running(&self, name: &ContainerName, record: &str) -> Result<(), HostError>;
    /// Appends an entry to the journal of the apply in hand. The entry is on disk before this returns, unless it only ends
    /// something.
    fn note_step(&self, entry: JournalEntry) -> Result<(), HostError>;
    /// Makes these rules our table in one transaction. What stays is not touched.
    fn load_rules(&self, ruleset: &Ruleset) -> Result<(), HostError>;
    /// Ends the tracked connections from and to these addresses, which another guest is about to get. Otherwise
    /// conntrack would keep sending their packets to the new holder, whether or not a forward exists.
    fn forget_flows(&self, addresses: &BTreeSet<IpAddr>) -> Result<(), HostError>;
    /// Sets sysctls; one whose interface no longer exists is skipped.
    fn set_sysctls(&self, sysctls: &[Sysctl]) -> Result<(), HostError>;
    /// Restores the host-wide sysctls that were set for rules and that `needed` does not list: those that had another
    /// value before, and still have the value that was set.
    fn release_sysctls(&self, needed: &[Sysctl]) -> Result<(), HostError>;
    /// Protects a store path from Nix's garbage collector under a root named `root`; paths outside the store need no
    /// protection.
    fn add_gc_root(&self, root: &str, path: &Path) -> Result<(), HostError>;
    /// Removes that root.
    fn remove_gc_root(&self, root: &str) -> Result<(), HostError>;
    /// Records a generation under the next free number, and activates it; returns the number.
    fn record_generation(&self, generation: &Generation, activation: Activation) -> Result<u32, HostError>;
    /// Makes a recorded generation the current one, the one that boots, or both.
    fn activate_generation(&self, number: u32, activation: Activation) -> Result<(), HostError>;
}
