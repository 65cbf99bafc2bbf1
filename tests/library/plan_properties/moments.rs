//! Properties that hold at every moment while a plan is applied, whichever step fails and wherever the run is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use container_rebuild::app::LiveHost as _;
use container_rebuild::apply::{Applier, ContainerFiles, Host, HostError, Switched, Sysctl};
use container_rebuild::host::memory::MemoryHost;
use container_rebuild::model::ContainerName;
use container_rebuild::model::spec::{Bind, ContainerSpec, NatSpec};
use container_rebuild::plan::{self, Options, Plan, StateView};
use container_rebuild::render::hosts::Hosts;
use container_rebuild::render::interface::Pair;
use container_rebuild::render::loopback::Loopback;
use container_rebuild::render::nft::{OwnTarget, RuleLine, Ruleset, Target};
use container_rebuild::render::unmanaged::Unmanaged;
use container_rebuild::state::{Activation, Generation, Health, JournalEntry, Probe};
use proptest::prelude::*;

use super::world::{Evaluated, NAMES, name, two_worlds};

/// Which calls fail, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failing {
    Never,
    /// This call fails, as if the host refused it.
    Once(usize),
    /// This call takes effect, but its success is lost.
    Late(usize),
    /// This call and all later ones fail, as if the run were killed.
    From(usize),
}

/// A host that is checked after every call, and whose calls may fail.
struct Watched<'a> {
    host: &'a MemoryHost,
    failing: Failing,
    calls: AtomicUsize,
    /// The allowed forwards: a rule, and the container it leads to.
    forwards: BTreeSet<(RuleLine, ContainerName)>,
    /// The rules and the NAT of each side.
    rules: Vec<(Ruleset, NatSpec)>,
    wrong: Mutex<Vec<String>>,
}

impl<'a> Watched<'a> {
    fn new(host: &'a MemoryHost, failing: Failing, sides: [&Evaluated; 2]) -> Self {
        let mut forwards = BTreeSet::new();
        for side in sides {
            let ruleset = Ruleset::new(&side.spec);
            for line in Ruleset::default().differences(&ruleset.listing()).removed {
                match &line {
                    RuleLine::Forward { protocol, host_port, .. } => {
                        let is_it = |to: &&Target| (&to.protocol, &to.host_port) == (protocol, host_port);
                        let target = ruleset.forwards().iter().find(is_it).expect("one of its own");
                        forwards.insert((line.clone(), target.container.clone()));
                    }
                    // One of the host leads to whoever has the address.
                    RuleLine::Nat { address, .. } => {
                        let whose =
                            side.spec.containers.iter().filter(|it| it.network.addresses().contains(address));
                        forwards.extend(whose.map(|it| (line.clone(), it.name.clone())));
                    }
                    RuleLine::Own { address, .. } => {
                        let is_it = |to: &&OwnTarget| to.to.contains(&Some(*address));
                        let target = ruleset.own_forwards().iter().find(is_it).expect("one of its own");
                        forwards.insert((line.clone(), target.container.clone()));
                    }
                    RuleLine::Rule(_) => {}
                }
            }
        }
        let rules = sides.map(|side| (Ruleset::new(&side.spec), side.spec.nat.clone())).to_vec();
        Self { host, failing, calls: AtomicUsize::new(0), forwards, rules, wrong: Mutex::default() }
    }

    /// Makes a call or fails it, and then checks the host.
    fn call<T>(&self, what: &str, call: impl FnOnce() -> Result<T, HostError>) -> Result<T, HostError> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let fails = match self.failing {
            Failing::Never => false,
            Failing::Once(at) | Failing::Late(at) => number == at,
            Failing::From(at) => number >= at,
        };
        let refused = || {
            let source = std::io::ErrorKind::Other.into();
            Err(HostError::File { what: "do", path: what.into(), source })
        };
        if fails && !matches!(self.failing, Failing::Late(_)) {
            return refused();
        }
        let result = call();
        // Only these calls open a way to a guest.
        if what.starts_with("start") || what == "load rules" {
            self.look(what);
        }
        if fails { refused() } else { result }
    }

    fn look(&self, what: &str) {
        let mut state = self.host.state();
        let mut held: BTreeMap<IpAddr, BTreeSet<ContainerName>> = BTreeMap::new();
        for (name, record) in &state.running {
            for address in record.spec.network.addresses() {
                held.entry(address).or_default().insert(name.clone());
            }
        }
        let mut wrong = Vec::new();
        let rules = state.rules.clone().unwrap_or_default();
        for line in Ruleset::default().differences(&rules).removed {
            let (RuleLine::Forward { address, .. } | RuleLine::Own { address, .. } | RuleLine::Nat { address, .. }) =
                &line
            else {
                continue;
            };
            let whose: BTreeSet<_> =
                self.forwards.iter().filter(|(to, _)| *to == line).map(|(_, name)| name).collect();
            let Some(holders) = held.get(address) else { continue };
            let is_right = holders.len() == 1 && holders.iter().all(|holder| whose.contains(holder));
            if !is_right {
                wrong.push(format!("after {what}: {line:?} is of {whose:?} and leads to {holders:?}"));
            }
            // Assume that a client is always connected.
            if let Some(holder) = holders.first().filter(|_| is_right) {
                state.flows.entry(*address).or_insert_with(|| holder.clone());
            }
        }
        for (port, proxied) in &state.proxied {
            let mut holders = held.get(&proxied.to.ip()).into_iter().flatten();
            if let Some(other) = holders.find(|holder| **holder != proxied.container) {
                wrong.push(format!(
                    "after {what}: port {port} of ::1 is for {}, and leads to {other}",
                    proxied.container
                ));
            }
        }
        let loaded = alone(&rules);
        for (name, record) in state.running.iter().filter(|_| !rules.is_null()) {
            let network = &record.spec.network;
            let sides = self.rules.iter().map(|(ruleset, nat)| ruleset.isolates([(name, network)], nat));
            let both = sides.reduce(|one, other| &one & &other).unwrap_or_default();
            wrong.extend(
                both.difference(&loaded).map(|it| format!("after {what}: {it} reaches more than the host")),
            );
        }
        for (address, whose) in &state.flows {
            if let Some(other) = held.get(address).into_iter().flatten().find(|holder| *holder != whose) {
                wrong.push(format!("after {what}: a connection to {whose} goes on to {other}"));
            }
        }
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).extend(wrong);
    }

    fn plan(&self, wanted: &Evaluated) -> Plan {
        let snapshot = self.host.snapshot().expect("it is in memory");
        plan::plan(&StateView::host(&snapshot), &wanted.side(), &Options::default())
    }

    /// Applies a plan for `wanted`, and returns everything that was wrong on the way.
    fn apply(&self, wanted: &Evaluated, at_once: usize) -> Vec<String> {
        let applier =
            Applier { host: self, at_once, workers: 2, stop: &|| false, watch: &|_| (), checks_health: true };
        applier.apply(&self.plan(wanted));
        std::mem::take(&mut self.wrong.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The interfaces that rules keep to the host, by IPv4 or by IPv6.
fn alone(listing: &serde_json::Value) -> BTreeSet<String> {
    let objects = listing["nftables"].as_array().into_iter().flatten();
    let sets = objects.filter_map(|object| object.get("set"));
    let sets = sets.filter(|set| set["name"].as_str().is_some_and(|name| name.starts_with("alone")));
    let names = sets.flat_map(|set| set["elem"].as_array().into_iter().flatten());
    names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
}

impl Host for Watched<'_> {
    fn install(&self, name: &ContainerName, files: &ContainerFiles) -> Result<bool, HostError> {
        self.call(&format!("install {name}"), || self.host.install(name, files))
    }
    fn uninstall(&self, name: &ContainerName) -> Result<(), HostError> {
        self.call(&format!("uninstall {name}"), || self.host.uninstall(name))
    }
    fn reload_units(&self) -> Result<(), HostError> {
        self.call("reload units", || self.host.reload_units())
    }
    fn release_bridges(&self, kept: &BTreeSet<String>) -> Result<(), HostError> {
        self.call("release bridges", || self.host.release_bridges(kept))
    }
    fn restore_after(&self, units: &BTreeSet<String>) -> Result<bool, HostError> {
        self.call("restore after units", || self.host.restore_after(units))
    }
    fn lead_loopback(&self, loopback: &Loopback) -> Result<bool, HostError> {
        self.call("lead the loopback", || self.host.lead_loopback(loopback))
    }
    fn name_in_hosts(&self, hosts: &Hosts) -> Result<(), HostError> {
        self.call("name in hosts", || self.host.name_in_hosts(hosts))
    }
    fn leave_alone(&self, interfaces: &Unmanaged) -> Result<(), HostError> {
        self.call("leave interfaces alone", || self.host.leave_alone(interfaces))
    }
    fn start(&self, name: &ContainerName) -> Result<(), HostError> {
        self.call(&format!("start {name}"), || self.host.start(name))
    }
    fn stop(&self, name: &ContainerName) -> Result<(), HostError> {
        self.call(&format!("stop {name}"), || self.host.stop(name))
    }
    fn is_running(&self, name: &ContainerName) -> Result<bool, HostError> {
        self.call(&format!("is {name} running"), || self.host.is_running(name))
    }
    fn check_health(&self, spec: &ContainerSpec) -> Result<(), HostError> {
        self.call(&format!("check {}", spec.name), || self.host.check_health(spec))
    }
    fn bind(&self, name: &ContainerName, bind: &Bind) -> Result<(), HostError> {
        self.call(&format!("bind {name}"), || self.host.bind(name, bind))
    }
    fn readdress(&self, name: &ContainerName, from: &Pair, to: &Pair) -> Result<(), HostError> {
        self.call(&format!("readdress {name}"), || self.host.readdress(name, from, to))
    }
    fn running_system(&self, name: &ContainerName) -> Option<PathBuf> {
        self.host.running_system(name)
    }
    fn switch_guest(&self, name: &ContainerName, system: &Path) -> Result<Switched, HostError> {
        self.call(&format!("switch {name}"), || self.host.switch_guest(name, system))
    }
    fn moved_sources(&self, name: &ContainerName) -> BTreeSet<PathBuf> {
        self.host.moved_sources(name)
    }

    fn note_running(&self, name: &ContainerName, record: &str) -> Result<(), HostError> {
        self.call(&format!("note {name}"), || self.host.note_running(name, record))
    }
    fn note_step(&self, entry: JournalEntry) -> Result<(), HostError> {
        self.call("note a step", || self.host.note_step(entry))
    }
    fn load_rules(&self, ruleset: &Ruleset) -> Result<(), HostError> {
        self.call("load rules", || self.host.load_rules(ruleset))
    }
    fn forget_flows(&self, addresses: &BTreeSet<IpAddr>) -> Result<(), HostError> {
        self.call("forget flows", || self.host.forget_flows(addresses))
    }
    fn release_sysctls(&self, needed: &[Sysctl]) -> Result<(), HostError> {
        self.call("release sysctls", || self.host.release_sysctls(needed))
    }
    fn set_sysctls(&self, sysctls: &[Sysctl]) -> Result<(), HostError> {
        self.call("set sysctls", || self.host.set_sysctls(sysctls))
    }
    fn add_gc_root(&self, root: &str, path: &Path) -> Result<(), HostError> {
        self.call(&format!("add {root}"), || self.host.add_gc_root(root, path))
    }
    fn remove_gc_root(&self, root: &str) -> Result<(), HostError> {
        self.call(&format!("remove {root}"), || self.host.remove_gc_root(root))
    }
    fn install_program(&self) -> Result<(), HostError> {
        self.call("install program", || self.host.install_program())
    }
    fn write_boot_service(&self) -> Result<(), HostError> {
        self.call("write boot service", || self.host.write_boot_service())
    }
    fn health(&self, name: &ContainerName) -> Option<Health> {
        self.host.health(name)
    }
    fn record_generation(&self, generation: &Generation, activation: Activation) -> Result<u32, HostError> {
        self.host.record_generation(generation, activation)
    }

    fn activate_generation(&self, number: u32, activation: Activation) -> Result<(), HostError> {
        self.host.activate_generation(number, activation)
    }
}

/// A host with this configuration applied.
fn host(wanted: &Evaluated) -> MemoryHost {
    let host = MemoryHost::new();
    let wrong = Watched::new(&host, Failing::Never, [wanted, wanted]).apply(wanted, 1);
    assert_eq!(wrong, Vec::<String>::new());
    host
}

/// A copy of a host.
fn copy(host: &MemoryHost) -> MemoryHost {
    let other = MemoryHost::new();
    let state = host.state().clone();
    *other.state() = state;
    other
}

/// Whether the host matches `wanted`, except for what must not be disturbed.
fn is_done(host: &MemoryHost, wanted: &Evaluated) -> Result<(), String> {
    let plan = Watched::new(host, Failing::Never, [wanted, wanted]).plan(wanted);
    if plan.is_empty() { Ok(()) } else { Err(format!("{:#?} {:#?}", plan.changes, plan.firewall)) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn no_port_ever_leads_to_another_container_whatever_fails(
        (before, after) in two_worlds(),
        at_once in 1..4_usize,
        calls in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let (before, after) = (Evaluated::new(&before), Evaluated::new(&after));
        let sides = [&before, &after];
        let first = host(&before);
        let whole = copy(&first);
        let undisturbed = Watched::new(&whole, Failing::Never, sides);
        prop_assert_eq!(undisturbed.apply(&after, at_once), Vec::<String>::new());
        prop_assert_eq!(is_done(&whole, &after), Ok(()));
        let made = undisturbed.calls.into_inner();
        for call in calls.into_iter().filter(|_| made > 0).map(|call| call.index(made)) {
            for failing in [Failing::Once(call), Failing::Late(call), Failing::From(call)] {
                let host = copy(&first);
                let wrong = Watched::new(&host, failing, sides).apply(&after, at_once);
                prop_assert_eq!(wrong, Vec::<String>::new(), "{:?}", failing);
                // The next run repairs the host, and misdirects nothing either.
                let wrong = Watched::new(&host, Failing::Never, sides).apply(&after, at_once);
                prop_assert_eq!(wrong, Vec::<String>::new(), "after {:?}", failing);
                prop_assert_eq!(is_done(&host, &after), Ok(()), "after {:?}", failing);
            }
        }
    }

    #[test]
    fn what_ran_before_a_killed_run_runs_after_the_next_one(
        (before, after) in two_worlds(),
        at_once in 1..4_usize,
        calls in prop::collection::vec(any::<prop::sample::Index>(), 8),
    ) {
        let (before, after) = (Evaluated::new(&before), Evaluated::new(&after));
        let sides = [&before, &after];
        let first = host(&before);
        // Those that do not start by themselves may have been started by hand.
        let written: Vec<_> = first.state().written.keys().cloned().collect();
        written.iter().for_each(|name| first.start(name).expect("started"));
        let whole = copy(&first);
        let undisturbed = Watched::new(&whole, Failing::Never, sides);
        undisturbed.apply(&after, at_once);
        let made = undisturbed.calls.into_inner();
        for call in calls.into_iter().filter(|_| made > 0).map(|call| call.index(made)) {
            for wanted in sides {
                let host = copy(&first);
                Watched::new(&host, Failing::From(call), sides).apply(&after, at_once);
                Watched::new(&host, Failing::Never, sides).apply(wanted, at_once);
                prop_assert_eq!(is_done(&host, wanted), Ok(()), "killed at call {}", call);
                host.compact_journal().expect("in memory");
                let state = host.state();
                prop_assert!(state.unfinished.is_empty(), "{:?}", state.unfinished);
                // The killed run may have removed one that it does not want.
                let both = |name: &&ContainerName| {
                    sides.iter().all(|side| side.spec.containers.iter().any(|spec| spec.name == **name))
                };
                for name in written.iter().filter(both) {
                    let runs = state.running.contains_key(name);
                    prop_assert!(runs, "{} ran before the run that was killed at call {}", name, call);
                }
            }
        }
    }

    #[test]
    fn a_run_that_is_stopped_leaves_no_container_without_its_ports((before, after) in two_worlds(), steps in 0..8_usize) {
        let (before, after) = (Evaluated::new(&before), Evaluated::new(&after));
        let host = host(&before);
        let watched = Watched::new(&host, Failing::Never, [&before, &after]);
        let begun = AtomicUsize::new(0);
        let stop = || begun.load(Ordering::SeqCst) >= steps;
        let watch = |event: container_rebuild::apply::Event<'_>| {
            if matches!(event, container_rebuild::apply::Event::Begun(_)) {
                begun.fetch_add(1, Ordering::SeqCst);
            }
        };
        let applier = Applier { host: &watched, at_once: 1, workers: 1, stop: &stop, watch: &watch, checks_health: true };
        applier.apply(&watched.plan(&after));
        prop_assert_eq!(watched.wrong.into_inner().expect("no panic"), Vec::<String>::new());
        // A container that still runs as before, and got no new configuration yet, stays reachable as before.
        let state = host.state();
        let rules = state.rules.clone().unwrap_or_default();
        let lines = Ruleset::default().differences(&rules).removed;
        for this in NAMES.map(name) {
            let (Some(files), Some(running)) = (state.written.get(&this), state.running.get(&this)) else { continue };
            let is_as_before = before.spec.containers.iter().any(|spec| spec.name == this && *spec == running.spec);
            let written: serde_json::Value = serde_json::from_str(&files.record).expect("JSON");
            let network = serde_json::to_value(&running.spec.network).expect("JSON");
            if !is_as_before || written["spec"]["network"] != network {
                continue;
            }
            for port in before.ports(&this) {
                let leads = lines.iter().any(|line| matches!(line, RuleLine::Forward { protocol, host_port, .. }
                    if (protocol.as_str(), *host_port) == (port.0.as_str(), port.1)));
                prop_assert!(leads, "{this} runs as before, and {port:?} leads nowhere");
            }
        }
    }
}
