//! A host in memory, for tests: it keeps state like a real one, and starts fail on demand.
//!
//! It is as strict as a real host: a start uses what systemd has *read*, not what was written since; starting a running
//! container changes nothing; a host port is forwarded to one container only.

mod builder;
mod disk;
mod guest_host;
mod live_host;
mod probe;
mod ui;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use self::builder::MemoryBuilder;
pub use self::disk::{MemoryClock, MemoryDisk};
pub use self::ui::MemoryUi;
use crate::apply::{ContainerFiles, Host, HostError, Switched, Sysctl};
use crate::model::ContainerName;
use crate::model::spec::{Bind, ContainerSpec, Network, Veth};
use crate::render::hosts::Hosts;
use crate::render::interface::{self, Pair};
use crate::render::loopback::Loopback;
use crate::render::nft::{IPV4_FORWARDING, IPV6_FORWARDING, Ruleset};
use crate::render::paths;
use crate::render::unmanaged::Unmanaged;
use crate::state::{
    AbsentMount, Activation, BootService, Damage, Dhcpcd, FailedUnit, Generation, GuestSystem, Health, Interface,
    JournalEntry, LastSwitch, NixosNat, NoSwitch, Owner, PathFacts, Record, Unfinished, Versions,
};

/// The host. It may be shared between threads like a real one.
#[derive(Debug, Default)]
pub struct MemoryHost {
    state: Mutex<State>,
    is_locked: Arc<AtomicBool>,
}

/// The state of the host.
#[derive(Debug, Default, Clone)]
pub struct State {
    /// The program that units call, by version and path; `None` if it is missing.
    pub program: Option<String>,
    /// The boot service.
    pub boot_service: BootService,
    /// The files written for each container.
    pub written: BTreeMap<ContainerName, ContainerFiles>,
    /// The files that systemd has read.
    pub loaded: BTreeMap<ContainerName, ContainerFiles>,
    /// The running containers, with the records that they run with.
    pub running: BTreeMap<ContainerName, Record>,
    /// Containers whose last start failed.
    pub failed: BTreeSet<ContainerName>,
    /// Containers that have a kept root.
    pub roots: BTreeSet<ContainerName>,
    /// Our nftables table, as a listing.
    pub rules: Option<serde_json::Value>,
    /// The host's interfaces.
    pub interfaces: BTreeMap<String, Interface>,
    /// The interfaces that network managers leave alone.
    pub unmanaged: Unmanaged,
    /// The bridges that were created for containers.
    pub bridges: BTreeSet<String>,
    /// The units of the host after which what is lost is put back.
    pub restored_after: BTreeSet<String>,
    /// The ports of `[::1]` that lead into guests.
    pub proxied: Loopback,
    /// Those on which servers of the host listen.
    pub listening: BTreeSet<u16>,
    /// The versions of programs.
    pub versions: Versions,
    /// The text of `/etc/hosts`.
    pub hosts: String,
    /// A dhcpcd.
    pub dhcpcd: Option<Dhcpcd>,
    /// Sysctls that were set.
    pub sysctls: BTreeMap<String, String>,
    /// Host-wide sysctls that were set for rules and had another value before.
    pub lent_sysctls: BTreeSet<String>,
    /// Damage to containers' files.
    pub damage: BTreeMap<ContainerName, Damage>,
    /// What the journal of the apply in hand says.
    pub unfinished: Unfinished,
    /// Whether the generation that boots is unreadable.
    pub is_generation_lost: bool,
    /// Our directories that other users may write to.
    pub open_directories: Vec<PathBuf>,
    /// Open connections by the guest's address, each with the container that had the address then.
    pub flows: BTreeMap<IpAddr, ContainerName>,
    /// Garbage collector roots.
    pub gc_roots: BTreeMap<String, PathBuf>,
    /// Generations.
    pub generations: Vec<Generation>,
    /// The number of the generation that boots next.
    pub boots: Option<u32>,
    /// The number of the current generation.
    pub current: Option<u32>,
    /// Whether what was applied waits to be confirmed.
    pub is_unconfirmed: bool,
    /// The generation that systemd would bring the host back to after a while; 0 for no containers.
    pub scheduled_undo: Option<u32>,
    /// How often systemd reloaded all units.
    pub reloads: usize,
    /// Systems that fail to start.
    pub broken: BTreeSet<PathBuf>,
    /// Systems whose start makes this program panic.
    pub panics: BTreeSet<PathBuf>,
    /// Systems on which health checks fail.
    pub unhealthy: BTreeSet<PathBuf>,
    /// Systems that a running guest cannot switch to, although they can be booted.
    pub fails_to_switch: BTreeSet<PathBuf>,
    /// How often each container was started.
    pub starts: BTreeMap<ContainerName, usize>,
    /// Whether only one container may start at a time.
    pub starts_one_at_a_time: bool,
    /// Whether the disk is full.
    pub is_full: bool,
    /// Systems that a running guest can only switch to by a restart.
    pub needs_restart: BTreeSet<PathBuf>,
    /// Systems that say something about switching to them.
    pub guest_systems: BTreeMap<PathBuf, GuestSystem>,
    /// Guests that have lost all addresses and routes.
    pub lost_networks: BTreeSet<ContainerName>,
    /// Guests that switched to another system by themselves.
    pub strayed: BTreeMap<ContainerName, PathBuf>,
    /// Systems of which some units fail.
    pub ailing: BTreeMap<PathBuf, Vec<FailedUnit>>,
    /// Whether `nft` rejects all rules.
    pub refuses_rules: bool,
    /// Whether `nft` is missing.
    pub lacks_nft: bool,
    /// Whether systemd-nspawn is missing.
    pub lacks_nspawn: bool,
    /// Paths that do not exist.
    pub missing: BTreeSet<PathBuf>,
    /// Mounts that the host's configuration names, and that are not there.
    pub absent_mounts: BTreeSet<AbsentMount>,
    /// Users that the host does not have.
    pub unknown_users: BTreeSet<String>,
    /// Sources of bind mounts of running guests that are symlinks and lead elsewhere by now.
    pub moved_sources: BTreeMap<ContainerName, BTreeSet<PathBuf>>,
    /// The tables of others that filter forwarded packets.
    pub packet_filters: Vec<serde_json::Value>,
    /// NixOS's tables of NAT.
    pub nixos_nat: NixosNat,
    /// The host's `/etc/resolv.conf`.
    pub resolv_conf: String,
    /// Files that list the servers behind a resolver of the host's.
    pub upstream: BTreeMap<PathBuf, String>,
    /// Units of mounts whose start fails.
    pub broken_mounts: BTreeSet<String>,
    /// The facts about paths.
    pub paths: BTreeMap<PathBuf, PathFacts>,
    /// Files that cannot be replaced.
    pub immutable: BTreeSet<PathBuf>,
    /// Containers that are not ours, with their owners.
    pub theirs: BTreeMap<ContainerName, Owner>,
    /// The last switch.
    pub last_switch: Option<LastSwitch>,
    /// Containers whose guests keep a journal.
    pub journals: BTreeSet<ContainerName>,
    /// What was run in guests and which journals were shown, in this order.
    pub entered: Vec<String>,
}

impl MemoryHost {
    /// A host without containers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Locks its state, for reading and changing.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryHost {
    /// Changes the record of a running container.
    fn running(&self, name: &ContainerName, change: impl FnOnce(&mut Record)) -> Result<(), HostError> {
        match self.state().running.get_mut(name) {
            Some(record) => {
                change(record);
                Ok(())
            }
            None => Err(HostError::NotRunning { name: name.clone() }),
        }
    }
}

impl State {
    /// Creates a bridge unless it exists.
    fn create_bridge(&mut self, name: &str) {
        if !self.interfaces.contains_key(name) {
            let bridge = Interface { up: true, is_bridge: true, ..Interface::default() };
            self.interfaces.insert(name.to_owned(), bridge);
            self.bridges.insert(name.to_owned());
        }
    }
}

/// The host's end of a new veth pair.
fn link(veth: &Veth) -> Interface {
    let mtu = veth.mtu.unwrap_or(1500);
    if veth.bridge.is_some() {
        return Interface { up: true, mtu, bridge: veth.bridge.clone(), ..Interface::default() };
    }
    let set = |four: Option<Ipv4Addr>, six: Option<Ipv6Addr>| {
        let four = four.map(|address| (IpAddr::V4(address), 32));
        four.into_iter().chain(six.map(|address| (IpAddr::V6(address), 128))).collect()
    };
    let (addresses, routes) = (set(veth.host4, veth.host6), set(veth.local4, veth.local6));
    Interface { up: true, mtu, addresses, routes, ..Interface::default() }
}

/// The host interfaces that a guest has while it runs.
fn given(record: &Record) -> impl Iterator<Item = &String> {
    let given = match &record.spec.network {
        Network::Private(private) => private.interfaces.as_slice(),
        Network::Host | Network::Named(_) => &[],
    };
    given.iter().map(|passed| &passed.host)
}

fn record(files: &ContainerFiles) -> Record {
    serde_json::from_str(&files.record).expect("apply writes records only")
}

/// The running program.
const PROGRAM: &str = "0.1.0, /usr/bin/container-rebuild";

impl Host for MemoryHost {
    fn install_program(&self) -> Result<(), HostError> {
        let mut state = self.state();
        if state.is_full {
            let source = std::io::ErrorKind::StorageFull.into();
            return Err(HostError::File { what: "install", path: paths::PROGRAM.into(), source });
        }
        state.program = Some(PROGRAM.to_owned());
        Ok(())
    }

    fn write_boot_service(&self) -> Result<(), HostError> {
        let mut state = self.state();
        state.boot_service.program = Some(paths::PROGRAM.into());
        state.boot_service.is_edited = false;
        Ok(())
    }

    fn install(&self, name: &ContainerName, files: &ContainerFiles) -> Result<bool, HostError> {
        let mut state = self.state();
        if state.is_full {
            let source = std::io::ErrorKind::StorageFull.into();
            return Err(HostError::File { what: "write", path: paths::conf_target(name), source });
        }
        state.written.insert(name.clone(), files.clone());
        state.damage.remove(name);
        Ok(state.loaded.get(name).is_none_or(|loaded| loaded.unit != files.unit))
    }

    fn uninstall(&self, name: &ContainerName) -> Result<(), HostError> {
        self.state().written.remove(name);
        Ok(())
    }

    fn reload_units(&self) -> Result<(), HostError> {
        let mut state = self.state();
        state.loaded = state.written.clone();
        state.reloads += 1;
        Ok(())
    }

    fn release_bridges(&self, kept: &BTreeSet<String>) -> Result<(), HostError> {
        let mut state = self.state();
        let gone: Vec<String> = state.bridges.difference(kept).cloned().collect();
        for bridge in gone {
            state.bridges.remove(&bridge);
            state.interfaces.remove(&bridge);
        }
        Ok(())
    }

    fn restore_after(&self, units: &BTreeSet<String>) -> Result<bool, HostError> {
        let mut state = self.state();
        let is_other = state.restored_after.is_empty() != units.is_empty();
        state.restored_after = units.clone();
        Ok(is_other)
    }

    fn lead_loopback(&self, loopback: &Loopback) -> Result<bool, HostError> {
        let mut state = self.state();
        let is_other = state.proxied != *loopback;
        state.proxied = loopback.clone();
        Ok(is_other)
    }

    fn name_in_hosts(&self, hosts: &Hosts) -> Result<(), HostError> {
        let mut state = self.state();
        state.hosts = hosts.added_to(&state.hosts);
        Ok(())
    }

    fn leave_alone(&self, interfaces: &Unmanaged) -> Result<(), HostError> {
        self.state().unmanaged = interfaces.clone();
        Ok(())
    }

    fn start(&self, name: &ContainerName) -> Result<(), HostError> {
        let mut state = self.state();
        let failure = |result: &str, log: &[&str]| HostError::Job {
            unit: name.unit(),
            job: "start",
            result: result.to_owned(),
            log: log.iter().map(|&line| line.to_owned()).collect(),
        };
        if state.running.contains_key(name) {
            return Ok(());
        }
        // The unit is the one that systemd has read, but the launcher boots the record that is on disk.
        if !state.loaded.contains_key(name) {
            return Err(failure("not-found", &[]));
        }
        if state.calls_nothing(name) {
            return Err(failure("failed", &["status 203"]));
        }
        let Some(record) = state.written.get(name).map(record) else {
            return Err(failure("failed", &["cannot read the record of the container to launch"]));
        };
        assert!(!state.panics.contains(&record.spec.system), "a defect at the start of {name}");
        if state.broken.contains(&record.spec.system) {
            state.failed.insert(name.clone());
            return Err(failure("failed", &["exit-code"]));
        }
        for bridge in record.spec.network.created_bridges() {
            state.create_bridge(bridge);
        }
        let pairs = interface::pairs(name, &record.spec.network);
        let bridges = pairs.iter().filter_map(|pair| pair.veth.bridge.as_ref());
        if bridges.chain(given(&record)).any(|link| !state.interfaces.contains_key(link)) {
            state.failed.insert(name.clone());
            return Err(failure("timeout", &["waits for an interface"]));
        }
        for link in given(&record) {
            state.interfaces.remove(link);
        }
        state.failed.remove(name);
        if !record.spec.ephemeral {
            state.roots.insert(name.clone());
        }
        for pair in pairs {
            // Otherwise a network manager would configure the new interface at once.
            let unmanaged = [&state.unmanaged.configured, &state.unmanaged.bare];
            assert!(unmanaged.iter().any(|names| names.contains(&pair.host.name)), "{} is managed", pair.host.name);
            state.interfaces.insert(pair.host.name, link(&pair.veth));
        }
        *state.starts.entry(name.clone()).or_default() += 1;
        state.running.insert(name.clone(), record);
        Ok(())
    }

    fn stop(&self, name: &ContainerName) -> Result<(), HostError> {
        let mut state = self.state();
        state.strayed.remove(name);
        if let Some(record) = state.running.remove(name) {
            for pair in interface::pairs(name, &record.spec.network) {
                state.interfaces.remove(&pair.host.name);
            }
            let back = given(&record).cloned().map(|link| (link, Interface::default()));
            state.interfaces.extend(back);
        }
        Ok(())
    }

    fn is_running(&self, name: &ContainerName) -> Result<bool, HostError> {
        Ok(self.state().running.contains_key(name))
    }

    fn health(&self, name: &ContainerName) -> Option<Health> {
        let state = self.state();
        let record = state.running.get(name)?;
        let failed = state.ailing.get(&record.spec.system).into_iter().flatten().cloned();
        Some(Health { failed: failed.collect() })
    }

    fn check_health(&self, spec: &ContainerSpec) -> Result<(), HostError> {
        let state = self.state();
        let name = spec.name.clone();
        let Some(running) = state.running.get(&name) else { return Err(HostError::NotRunning { name }) };
        if spec.health.is_empty() || !state.unhealthy.contains(&running.spec.system) {
            return Ok(());
        }
        let waited = Duration::from_secs(spec.health.timeout_sec.into());
        let lacking = spec.health.units.iter().map(|unit| format!("{unit} is failed"));
        let lacking = lacking.chain(spec.health.ports.iter().map(|port| format!("nothing answers on port {port}")));
        Err(HostError::Unhealthy { name, waited, lacking: lacking.collect(), log: vec![String::from("oh")] })
    }

    fn bind(&self, name: &ContainerName, bind: &Bind) -> Result<(), HostError> {
        let mut is_refused = false;
        self.running(name, |record| {
            is_refused = record.spec.users.are_private();
            if !is_refused && !record.spec.binds.contains(bind) {
                record.spec.binds.push(bind.clone());
            }
        })?;
        if is_refused {
            return Err(HostError::PrivateUsers { name: name.clone() });
        }
        if let Some(moved) = self.state().moved_sources.get_mut(name) {
            moved.remove(Path::new(&bind.host));
        }
        Ok(())
    }

    fn moved_sources(&self, name: &ContainerName) -> BTreeSet<PathBuf> {
        self.state().moved_sources.get(name).cloned().unwrap_or_default()
    }

    fn readdress(&self, name: &ContainerName, _: &Pair, to: &Pair) -> Result<(), HostError> {
        let mut state = self.state();
        if let Some(bridge) = to.veth.bridge.as_ref().filter(|_| to.veth.creates_bridge) {
            state.create_bridge(bridge);
        }
        state.interfaces.insert(to.host.name.clone(), link(&to.veth));
        state.lost_networks.remove(name);
        drop(state);
        self.running(name, |record| {
            if let Network::Private(private) = &mut record.spec.network {
                match to.extra {
                    None => private.veth = Some(to.veth.clone()),
                    Some(_) => drop(private.extra.insert(to.guest.clone(), to.veth.clone())),
                }
            }
        })
    }

    fn running_system(&self, name: &ContainerName) -> Option<PathBuf> {
        let state = self.state();
        let strayed = state.strayed.get(name).cloned();
        strayed.or_else(|| Some(state.running.get(name)?.spec.system.clone()))
    }

    fn switch_guest(&self, name: &ContainerName, system: &Path) -> Result<Switched, HostError> {
        let runs = self.running_system(name);
        let mut state = self.state();
        let facts = |system: &Path| state.guest_systems.get(system).cloned().unwrap_or_default();
        if let Some(obstacle) = facts(system).obstacle(runs.as_deref().map(facts).as_ref()) {
            return Ok(Switched::RestartWanted(obstacle));
        }
        if state.needs_restart.contains(system) {
            return Ok(Switched::RestartWanted(NoSwitch::Asked));
        }
        if state.broken.contains(system) || state.fails_to_switch.contains(system) {
            let (name, system, log) = (name.clone(), system.to_owned(), vec![String::from("it is broken")]);
            return Err(HostError::GuestSwitch { name, system, status: 1, log });
        }
        state.strayed.remove(name);
        drop(state);
        self.running(name, |record| record.spec.system = system.to_owned())?;
        // As with a real guest, this includes units that had failed before.
        let is_ailing = self.state().ailing.contains_key(system);
        Ok(if is_ailing { Switched::UnitsFailed } else { Switched::Done })
    }

    fn note_running(&self, name: &ContainerName, noted: &str) -> Result<(), HostError> {
        let noted = serde_json::from_str(noted).expect("apply writes records only");
        self.running(name, |record| *record = noted)
    }

    fn note_step(&self, entry: JournalEntry) -> Result<(), HostError> {
        self.state().unfinished.note(entry);
        Ok(())
    }

    fn load_rules(&self, ruleset: &Ruleset) -> Result<(), HostError> {
        let mut state = self.state();
        if state.refuses_rules {
            return Err(HostError::Nft { source: "the kernel says no".into() });
        }
        let listing = ruleset.listing();
        state.rules = (!listing.is_null()).then_some(listing);
        Ok(())
    }

    fn forget_flows(&self, addresses: &BTreeSet<IpAddr>) -> Result<(), HostError> {
        self.state().flows.retain(|address, _| !addresses.contains(address));
        Ok(())
    }

    fn set_sysctls(&self, sysctls: &[Sysctl]) -> Result<(), HostError> {
        let mut state = self.state();
        for Sysctl { name, value } in sysctls {
            if [IPV4_FORWARDING, IPV6_FORWARDING].contains(&name.as_str()) && state.sysctls.get(name) != Some(value)
            {
                state.lent_sysctls.insert(name.clone());
            }
            state.sysctls.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    fn release_sysctls(&self, needed: &[Sysctl]) -> Result<(), HostError> {
        let mut state = self.state();
        let lent = std::mem::take(&mut state.lent_sysctls).into_iter();
        let (kept, released): (BTreeSet<_>, BTreeSet<_>) =
            lent.partition(|name| needed.iter().any(|sysctl| sysctl.name == *name));
        state.lent_sysctls = kept;
        released.iter().for_each(|name| drop(state.sysctls.remove(name)));
        Ok(())
    }

    fn add_gc_root(&self, root: &str, path: &Path) -> Result<(), HostError> {
        let mut state = self.state();
        if path.starts_with("/nix/store") {
            state.gc_roots.insert(root.to_owned(), path.to_owned());
        } else {
            state.gc_roots.remove(root);
        }
        Ok(())
    }

    fn remove_gc_root(&self, root: &str) -> Result<(), HostError> {
        self.state().gc_roots.remove(root);
        Ok(())
    }

    fn record_generation(&self, generation: &Generation, activation: Activation) -> Result<u32, HostError> {
        let mut state = self.state();
        let number = state.generations.last().map_or(0, |last| last.number) + 1;
        state.generations.push(Generation { number, ..generation.clone() });
        drop(state);
        self.activate_generation(number, activation)?;
        Ok(number)
    }

    fn activate_generation(&self, number: u32, activation: Activation) -> Result<(), HostError> {
        let mut state = self.state();
        if activation.is_now() {
            state.current = Some(number);
            state.is_generation_lost = false;
        }
        if activation.boots() {
            state.boots = Some(number);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
