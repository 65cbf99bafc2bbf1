//! The observed state of a host: units, machines, rules, records.
//!
//! Gives: [`Snapshot`] and its parts, and [`Probe`], the trait that takes one. Nothing here looks at the host itself
//! (that is `host`) or decides what to do about it (that is `plan`).
//!
//! Invariants:
//! - What could not be observed is `None` or carries a reason; it is never an empty set.
//! - A [`Record`] is only trusted about our own containers.

mod acting;
mod damage;
pub(crate) mod dhcpcd;
mod generation;
mod guest_system;
mod health;
mod kernel;
mod last_switch;
pub(crate) mod listening;
pub(crate) mod native;
mod program;
mod record;
mod resolver;
mod unfinished;

pub use damage::Damage;
pub use dhcpcd::Dhcpcd;
pub use generation::{Activation, Generation, GenerationEntry, GenerationSummary, Guest, KeptGuest};
pub use guest_system::{GuestSystem, Inhibitor, NoSwitch};
pub use health::{FailedUnit, Health};
pub use kernel::Kernel;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;

pub use program::{BootService, Installed, Program};
pub use record::Record;
pub use resolver::Resolver;
pub use unfinished::{JournalEntry, Unfinished};

use serde::{Deserialize, Serialize};

pub use last_switch::{LastSwitch, SwitchOutcome};

use crate::model::ContainerName;

/// Who owns a container (contract §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// This program.
    Ours,
    /// NixOS: the unit lies below `/etc/systemd/system` and is not ours.
    Native,
    /// Anything else: imperative containers, other machines.
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
    /// `FragmentPath`: the file that it was read from; `None` if that no longer exists.
    pub fragment: Option<PathBuf>,
    /// Whether we have written the file since systemd last read its units.
    pub is_unread: bool,
    /// `ActiveState`.
    pub active: ActiveState,
    /// `ActiveEnterTimestamp`, in microseconds since the epoch, while it is active ([`Probe::details`]).
    pub active_since: Option<u64>,
    /// `MemoryCurrent` in bytes, if the host accounts for it ([`Probe::details`]).
    pub memory: Option<u64>,
}

/// A machine registered with systemd-machined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// `Class`: `container` or `vm`.
    pub class: String,
    /// `Service`: the program that registered it, such as `systemd-nspawn`.
    pub service: String,
    /// PID 1 of the guest, as the host numbers it.
    pub leader: u32,
    /// `Unit`: the unit it runs in.
    pub unit: String,
    /// The guest's addresses in its own network namespace, if they could be read ([`Probe::details`]).
    pub addresses: Vec<IpAddr>,
}

/// Everything observed about one container of the host.
#[derive(Debug, Clone, PartialEq)]
pub struct ObservedContainer {
    /// Who owns it.
    pub owner: Owner,
    /// Whether the host's configuration declares its unit through our NixOS module. It counts as a unit of ours, which a drop-in
    /// completes.
    pub is_hooked: bool,
    /// Its unit, if one is loaded or could be.
    pub unit: Option<Unit>,
    /// Its machine, while it runs.
    pub machine: Option<Machine>,
    /// The record that the next start brings up.
    pub written: Option<Record>,
    /// The record that it booted with, while it runs.
    pub booted: Option<Record>,
    /// The text of its unit file, if readable.
    pub unit_text: Option<String>,
    /// The program that its unit calls, if the unit is ours and the program is missing or not executable.
    pub missing_program: Option<PathBuf>,
    /// The text of the script that `ExecStart=` of a unit of NixOS runs, if readable.
    pub start_text: Option<String>,
    /// The text of its `.conf`, if readable.
    pub conf_text: Option<String>,
    /// Other damage to its files.
    pub damage: Damage,
    /// The sources of its bind mounts that are symlinks and lead elsewhere than when they were mounted, while it runs.
    pub moved_sources: BTreeSet<PathBuf>,
    /// The network that its guest has, while it runs, if that could be read.
    pub guest_network: Option<GuestNetwork>,
}

impl ObservedContainer {
    /// Whether NixOS has left it to us, and nothing was written for it so far.
    pub fn is_handed_over(&self) -> bool {
        self.is_hooked && self.written.is_none() && self.booted.is_none()
    }

    /// Whether it is starting and not ready yet.
    pub fn is_starting(&self) -> bool {
        self.unit.as_ref().is_some_and(|unit| unit.active == ActiveState::Activating)
    }

    /// Whether it runs or is starting.
    pub fn is_running(&self) -> bool {
        self.unit.as_ref().is_some_and(|unit| {
            matches!(unit.active, ActiveState::Active | ActiveState::Reloading | ActiveState::Activating)
        })
    }
}

/// The addresses and routes in a guest's network namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuestNetwork {
    /// The addresses of its interfaces.
    pub addresses: BTreeSet<IpAddr>,
    /// The destinations of its routes.
    pub routes: BTreeSet<(IpAddr, u8)>,
    /// Its interfaces, if it has any of the host besides pairs, and they could be listed.
    pub links: Option<GuestLinks>,
}

/// The interfaces in a guest's network namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GuestLinks {
    /// The names of all, alternative ones included.
    pub names: BTreeSet<String>,
    /// The names of those that came from outside: physical devices, and virtual ones on top of a device in another namespace.
    pub from_outside: BTreeSet<String>,
}

/// A network interface of the host, with its addresses and routes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its alternative names (`ip link` shows them as altname).
    pub altnames: Vec<String>,
    /// Whether it is administratively up.
    pub up: bool,
    /// Its MTU.
    pub mtu: u32,
    /// Whether it is a bridge itself.
    pub is_bridge: bool,
    /// Whether packets for `127.0.0.0/8` may pass through it (its sysctl `route_localnet`).
    pub routes_localnet: bool,
    /// The bridge (or bond) that it is attached to.
    pub bridge: Option<String>,
    /// Its addresses with their prefix lengths.
    pub addresses: BTreeSet<(IpAddr, u8)>,
    /// Destinations routed through it, with their prefix lengths.
    pub routes: BTreeSet<(IpAddr, u8)>,
}

/// A root directory that a container left on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRoot {
    /// Its path.
    pub path: PathBuf,
}

/// Our nftables table as the kernel has it.
#[derive(Debug, Clone, PartialEq)]
pub enum Rules {
    /// The kernel has no table of ours.
    Absent,
    /// The output of `nft -j list table inet container-rebuild`.
    Present(serde_json::Value),
}

/// The versions of programs that containers need, as these print them; `None` if they do not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions {
    /// The systemd that runs.
    pub systemd: Option<String>,
    /// nft.
    pub nft: Option<String>,
}

/// Why something could not be observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unobserved {
    /// This user lacks the permission.
    NotPermitted,
    /// The program needed for it is not installed, or not on `PATH`.
    NoProgram,
}

/// The host at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The host's name.
    pub host_name: String,
    /// Whether systemd runs here; without it the host has no containers.
    pub systemd: bool,
    /// Containers by name, foreign `container@` units included.
    pub containers: BTreeMap<ContainerName, ObservedContainer>,
    /// Machines that are not containers of ours or of NixOS.
    pub foreign: Vec<Machine>,
    /// Our rules, or why they could not be read.
    pub rules: Result<Rules, Unobserved>,
    /// Whether systemd-nspawn is installed where units look for it.
    pub nspawn: bool,
    /// The host's interfaces by name; `None` if they may not be read.
    pub interfaces: Option<BTreeMap<String, Interface>>,
    /// Root directories below `/var/lib/nixos-containers`; `None` if that may not be read.
    pub roots: Option<BTreeMap<ContainerName, KeptRoot>>,
    /// The kernel's settings.
    pub kernel: Kernel,
    /// The current generation: what was applied last in this boot, or else what the boot brought up.
    pub generation: Option<Generation>,
    /// The number of the generation that the next boot brings up.
    pub boot_generation: Option<u32>,
    /// Whether the current generation is unreadable, or the symlink to the one that boots is missing.
    pub is_generation_lost: bool,
    /// What guests with a private network get as their resolv.conf; `None` if the host's cannot be read.
    pub resolver: Option<Resolver>,
    /// What a killed or failed apply of this boot has left half done.
    pub unfinished: Unfinished,
    /// Directories of ours that users other than root may write to.
    pub open_directories: Vec<PathBuf>,
    /// A dhcpcd that configures interfaces of this host.
    pub dhcpcd: Option<Dhcpcd>,
    /// The NAT that NixOS itself has loaded.
    pub nixos_nat: NixosNat,
    /// The host's `/etc/hosts`, if we may give containers names in it.
    pub hosts: Option<String>,
    /// The TCP ports of `[::1]` on which something listens, our own units included; `None` if the host has no such address.
    pub loopback: Option<BTreeSet<u16>>,
    /// The files that we have written for network managers, those of the unit that puts back what is lost, and those of the units
    /// that lead `[::1]` into guests ([`crate::render::unmanaged`], [`crate::render::restore_unit`],
    /// [`crate::render::loopback`]), as far as they exist.
    pub guarding_files: BTreeMap<PathBuf, String>,
    /// The service that brings up the generation at boot.
    pub boot_service: BootService,
    /// The program that units call.
    pub program: Program,
}

/// The NAT of NixOS's `networking.nat`, as far as it is loaded.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum NixosNat {
    /// None.
    #[default]
    Absent,
    /// With `networking.nftables`: the tables `nixos-nat`, one for each family, as `nft -j list table` prints them.
    Tables(Vec<serde_json::Value>),
    /// Without: the chains `nixos-nat-*` that iptables has made, with rules that nft does not list in full.
    Chains,
}

/// Why the host could not be observed.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The system bus, or a service on it, failed.
    #[error("cannot ask {service} over D-Bus")]
    Bus {
        /// The service that was asked.
        service: &'static str,
        /// The error of zbus.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kernel refused a netlink request.
    #[error("cannot list {what} over netlink")]
    Netlink {
        /// What was asked for.
        what: &'static str,
        /// The error of rtnetlink.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// `nft` failed.
    #[error("cannot list the nftables rules")]
    Nft {
        /// The error of the nftables crate.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The kernel's error.
        source: std::io::Error,
    },
    /// A file of ours has other contents than we write there.
    #[error("{} is not a record of container-rebuild: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The owner, mode and mountability of a path on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathFacts {
    /// Its owner's user ID.
    pub owner: u32,
    /// Its group ID.
    pub group: u32,
    /// Its permissions (inode(7)).
    pub mode: u32,
    /// Whether it can be mounted with its users mapped to others; `None` if that cannot be tested.
    pub is_mappable: Option<bool>,
}

/// A mount that the host's configuration names (systemd.mount(5), fstab(5)), and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsentMount {
    /// Its unit, such as `srv-data.mount`.
    pub unit: String,
    /// The mount point.
    pub at: PathBuf,
    /// Whether systemd tried to mount it and failed, or cannot (a masked or invalid unit).
    pub has_failed: bool,
}

/// Observes a host. It changes nothing.
pub trait Probe {
    /// Observes everything once. What this user may not read is `None` or [`Unobserved`] in the result; any other
    /// failure is an error.
    fn snapshot(&self) -> Result<Snapshot, ProbeError>;
    /// Adds what plans do not need and costs a call for each container: how long it has been running, its memory use,
    /// the addresses in its own network.
    fn details(&self, snapshot: &mut Snapshot) -> Result<(), ProbeError>;
    /// Those of `paths` that do not exist on the host.
    fn missing_paths(&self, paths: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf>;
    /// The facts about each of `paths`; those that cannot be inspected are left out.
    fn path_facts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, PathFacts>;
    /// The mounts that each of `paths` lies on and that are not there, outermost first; paths without any are left out.
    fn absent_mounts(&self, paths: &BTreeSet<PathBuf>) -> BTreeMap<PathBuf, Vec<AbsentMount>>;
    /// The tables of others that filter packets which are forwarded or for the host, each as `nft -j -t list table` prints it (libnftables-json(5)).
    /// Empty if they cannot be listed.
    fn packet_filters(&self) -> Vec<serde_json::Value>;
}
