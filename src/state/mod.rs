//! What is observed of a host: units, machines, rules, records.
//!
//! Gives: [`Snapshot`] and its parts, and [`Probe`], through which it is taken. Nothing here looks at the world itself
//! (that is `host`), and nothing decides what is to be done about it (that is `plan`).
//!
//! Invariants:
//! - What could not be looked at is `None`, or says why, and is never an empty set.
//! - A [`Record`] is believed only for what it says of our own containers.

mod acting;
mod damage;
mod health;
mod kernel;
mod last_switch;
pub mod native;
mod program;

pub use damage::Damage;
pub use health::{FailedUnit, Health};
pub use kernel::Kernel;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

pub use program::{BootService, Installed, Program};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use last_switch::{LastSwitch, SwitchOutcome};

use crate::model::spec::{ContainerSpec, NatSpec};
use crate::model::{Container, ContainerName, Manifest, Positions};

/// What one container was last told to be, kept as JSON beside its unit, and once more when it has booted with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`crate::model::FORMAT_VERSION`].
    pub format_version: u32,
    /// What was typed, `path` filled in.
    pub container: Container,
    /// What was meant; the launcher runs exactly this.
    pub spec: ContainerSpec,
    /// The key of the guest's configuration, by which an unchanged one is known without Nix; `None` where `path` was
    /// given.
    pub guest_key: Option<String>,
    /// Where the options stood (paths relative to the container).
    pub positions: Positions,
}

/// All that one apply brought up: what a reboot brings back, and what the next plan compares with where the host cannot
/// be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Its number, from 1; 0 until it has been recorded.
    pub number: u32,
    /// The configuration that it came from, as given on the command line, made absolute.
    pub source: String,
    /// The manifest, with the systems that Nix built as `path`.
    pub manifest: Manifest,
    /// The containers.
    pub records: BTreeMap<ContainerName, Record>,
    /// NAT.
    pub nat: NatSpec,
    /// What the guests said themselves that were built from `config`, with which the next plan compares theirs.
    #[serde(default)]
    pub guests: BTreeMap<ContainerName, KeptGuest>,
}

/// What a guest says itself: the freeform evaluation of its `config`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guest {
    /// Its options as a tree; what is not known is a leaf `{"_unknown": …}`.
    pub options: serde_json::Value,
    /// Where they are set, by their path in that tree.
    pub positions: Positions,
}

/// The same as a generation has it, without its secrets: every user of the host may read that. It stays text until it is
/// asked for, since most guests are what they were.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeptGuest(Box<RawValue>);

impl KeptGuest {
    /// Keeps `guest`, whose secrets have been blotted out.
    pub fn new(guest: &Guest) -> Self {
        Self(serde_json::value::to_raw_value(guest).expect("it has string keys only"))
    }

    /// What was kept; `None` where that is nothing of ours.
    pub fn open(&self) -> Option<Guest> {
        serde_json::from_str(self.0.get()).ok()
    }
}

impl PartialEq for KeptGuest {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// Who brought a container up (contract §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// This program.
    Ours,
    /// A unit below `/etc/systemd/system` that we did not write: NixOS's own.
    Native,
    /// Anybody else: imperative containers, other machines.
    Foreign,
}

/// `ActiveState` of a unit (org.freedesktop.systemd1(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "systemd's own words")]
pub enum ActiveState {
    Active,
    Reloading,
    Inactive,
    Failed,
    Activating,
    Deactivating,
    Maintenance,
}

/// A `container@NAME.service` as systemd sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// `FragmentPath`: the file it was read from; `None` when there is none any more.
    pub fragment: Option<PathBuf>,
    /// Whether we have written the file since systemd read its units.
    pub is_unread: bool,
    /// `ActiveState`.
    pub active: ActiveState,
    /// `ActiveEnterTimestamp`, in microseconds since the epoch, while it is active ([`Probe::details`]).
    pub active_since: Option<u64>,
    /// `MemoryCurrent` in bytes, where the host accounts for it ([`Probe::details`]).
    pub memory: Option<u64>,
}

/// A machine that systemd-machined has registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// `Class`: `container` or `vm`.
    pub class: String,
    /// `Service`: who registered it, such as `systemd-nspawn`.
    pub service: String,
    /// PID 1 of the guest, as the host numbers it.
    pub leader: u32,
    /// `Unit`: the unit it runs in.
    pub unit: String,
    /// Addresses that the guest has in its own network namespace, where they could be read ([`Probe::details`]).
    pub addresses: Vec<IpAddr>,
}

/// All that is known of one container of the host.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedContainer {
    /// Who brought it up.
    pub owner: Owner,
    /// Its unit, where one is loaded or could be.
    pub unit: Option<Unit>,
    /// Its machine, while it runs.
    pub machine: Option<Machine>,
    /// What it was last told to be: the next start brings this.
    pub written: Option<Record>,
    /// What it booted with, while it runs.
    pub booted: Option<Record>,
    /// The text of its unit file, where it can be read.
    pub unit_text: Option<String>,
    /// The program that its unit calls, where the unit is ours and that program is not there or cannot be executed.
    pub missing_program: Option<PathBuf>,
    /// The text of what `ExecStart=` of a unit of NixOS's runs, where it can be read.
    pub start_text: Option<String>,
    /// The text of its `.conf`, where it can be read.
    pub conf_text: Option<String>,
    /// What else is wrong with its files.
    pub damage: Damage,
}

impl ObservedContainer {
    /// Whether it is on the way up and not ready yet.
    pub fn is_starting(&self) -> bool {
        self.unit.as_ref().is_some_and(|unit| unit.active == ActiveState::Activating)
    }

    /// Whether it runs or is on the way to.
    pub fn is_running(&self) -> bool {
        self.unit.as_ref().is_some_and(|unit| {
            matches!(unit.active, ActiveState::Active | ActiveState::Reloading | ActiveState::Activating)
        })
    }
}

/// A link of the host with what is on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// Its alternative names (`ip link` shows them as altname).
    pub altnames: Vec<String>,
    /// Whether it is administratively up.
    pub up: bool,
    /// Whether it is a bridge itself.
    pub is_bridge: bool,
    /// Whether packets for `127.0.0.0/8` may come and go by it (its sysctl `route_localnet`).
    pub routes_localnet: bool,
    /// The bridge (or bond) that it is in.
    pub bridge: Option<String>,
    /// Its addresses with their prefix lengths.
    pub addresses: BTreeSet<(IpAddr, u8)>,
    /// Destinations that are routed through it, with their prefix lengths.
    pub routes: BTreeSet<(IpAddr, u8)>,
}

/// A root that a container left on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRoot {
    /// Where it is.
    pub path: PathBuf,
}

/// Our nftables table as it stands in the kernel.
#[derive(Debug, Clone, PartialEq)]
pub enum Rules {
    /// There is no table of ours.
    Absent,
    /// What `nft -j list table inet container-rebuild` printed.
    Present(serde_json::Value),
}

/// Why something could not be observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unobserved {
    /// This user may not.
    NotPermitted,
    /// The program that would tell is not installed, or not on `PATH`.
    NoProgram,
}

/// The host at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The host's name.
    pub host_name: String,
    /// Whether systemd runs here; without it there are no containers.
    pub systemd: bool,
    /// Containers by name, foreign `container@` units included.
    pub containers: BTreeMap<ContainerName, ObservedContainer>,
    /// Machines that are no container of ours or of NixOS.
    pub foreign: Vec<Machine>,
    /// Our rules, or why they could not be read.
    pub rules: Result<Rules, Unobserved>,
    /// Whether systemd-nspawn is where a unit finds it.
    pub nspawn: bool,
    /// The host's links by name; `None` where they may not be read.
    pub links: Option<BTreeMap<String, Link>>,
    /// Roots below `/var/lib/nixos-containers`; `None` where the directory may not be read.
    pub roots: Option<BTreeMap<ContainerName, KeptRoot>>,
    /// What the kernel is set to.
    pub kernel: Kernel,
    /// The generation that the next boot brings up.
    pub generation: Option<Generation>,
    /// Whether there was one, and what is left of it cannot be read.
    pub is_generation_lost: bool,
    /// Directories of ours that others than root may write to.
    pub open_directories: Vec<PathBuf>,
    /// The service that brings it up.
    pub boot_service: BootService,
    /// The program that units call.
    pub program: Program,
}

/// Why the host could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The system bus, or a service on it, failed.
    #[error("cannot ask {service} over D-Bus")]
    Bus {
        /// The service that was asked.
        service: &'static str,
        /// What zbus said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kernel refused a netlink request.
    #[error("cannot list {what} over netlink")]
    Netlink {
        /// What was asked for.
        what: &'static str,
        /// What rtnetlink said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// `nft` failed.
    #[error("cannot list the nftables rules")]
    Nft {
        /// What the nftables crate said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// A file of ours does not hold what we write there.
    #[error("{} is not a record of container-rebuild: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// What there is to know of a path of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathFacts {
    /// Its user.
    pub owner: u32,
    /// Its group.
    pub group: u32,
    /// Its permissions (inode(7)).
    pub mode: u32,
    /// Whether it can be mounted for other users than its own; `None` where that cannot be tried.
    pub is_mappable: Option<bool>,
}

/// A way to look at a host. It changes nothing.
pub trait Probe {
    /// Looks at everything once. What may not be read as this user is `None` or [`Unobserved`] in the result; what fails
    /// otherwise is an error.
    fn snapshot(&self) -> Result<Snapshot, ProbeError>;
    /// Adds what no plan needs and what takes a call for each container: since when it runs, how much memory it uses, the
    /// addresses in its own network.
    fn details(&self, snapshot: &mut Snapshot) -> Result<(), ProbeError>;
    /// Of `paths`, those that do not exist on the host.
    fn missing_paths(&self, paths: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf>;
    /// What there is to know of `paths`; those that cannot be looked at are left out.
    fn path_facts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, PathFacts>;
}
