//! Loads the firewall rules that the host needs at each moment of an apply.
//!
//! Many actions change the rules, and each load is one transaction about all of them. So one thread writes at a time, and
//! all changes requested while it writes go into the next transaction.
//!
//! Invariant: a container gets an address only once no rule in the kernel forwards another container's port to it, and
//! no open connection of its former holder is left ([`Rules::claim`]).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::host::{Host, HostError};
use crate::model::ContainerName;
use crate::plan::{FirewallChange, Stage, Standing};
use crate::render::nft::{OwnTarget, RuleLine, Ruleset, Sysctl};

/// The rules of the host while a plan is applied.
pub(super) struct Rules<'a> {
    host: &'a dyn Host,
    state: Mutex<State<'a>>,
    /// Signalled when a write has ended, successfully or not.
    written: Condvar,
}

struct State<'a> {
    standing: Standing<'a>,
    /// The ruleset in the kernel; `None` if that is not known.
    loaded: Option<Ruleset>,
    /// The ruleset of a failed load, which may be in the kernel all the same.
    tried: Option<Ruleset>,
    /// The forwards that the kernel had before the first load.
    found: &'a BTreeSet<RuleLine>,
    /// The sysctls that were set.
    set: Vec<Sysctl>,
    /// Addresses that are about to get another holder.
    flows: BTreeSet<IpAddr>,
    /// The number of requests so far.
    asked: u64,
    /// All requests up to this number succeeded.
    done: u64,
    /// All requests up to this number were tried, and failed with this error.
    failed: Option<(u64, String)>,
    is_writing: bool,
    /// Whether the current rules must be loaded, unless they are what was loaded last.
    is_outdated: bool,
    /// Whether they must be loaded in any case.
    is_forced: bool,
}

impl<'a> Rules<'a> {
    pub(super) fn new(host: &'a dyn Host, change: &'a FirewallChange) -> Self {
        let state = State {
            standing: Standing::new(change),
            loaded: change.standing.clone(),
            tried: None,
            found: &change.found,
            set: Vec::new(),
            flows: BTreeSet::new(),
            asked: 0,
            done: 0,
            failed: None,
            is_writing: false,
            is_outdated: false,
            is_forced: false,
        };
        Self { host, state: Mutex::new(state), written: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current stage of a container's rules.
    pub(super) fn stage(&self, name: &ContainerName) -> Stage {
        self.state().standing.stage(name)
    }

    /// Moves a container's rules to a stage. On failure the former stage counts.
    pub(super) fn set(&self, name: &ContainerName, stage: Stage) -> Result<(), HostError> {
        let mut state = self.state();
        let before = state.standing.stage(name);
        state.standing.set(name, stage);
        state.is_outdated = true;
        let result = self.write(state);
        if result.is_err() {
            self.state().standing.set(name, before);
        }
        result
    }

    /// Loads the host's own rules and those of the containers that stay as they are, except the `stale` ones.
    pub(super) fn set_host(&self, stale: &BTreeSet<&ContainerName>) -> Result<(), HostError> {
        let mut state = self.state();
        state.standing.set_host(stale);
        state.is_forced = true;
        self.write(state)
    }

    /// Gives a container these addresses in addition to those that it has. When this returns, nothing leads there for
    /// another container.
    ///
    /// `anew` means that another container may have had them until now.
    pub(super) fn claim(
        &self,
        name: &ContainerName,
        addresses: BTreeSet<IpAddr>,
        anew: bool,
    ) -> Result<(), HostError> {
        let mut state = self.state();
        if anew {
            state.flows.extend(&addresses);
        }
        let before = state.standing.held(name);
        state.standing.hold(name, &before | &addresses);
        // A write in progress was put together before this request.
        while state.is_writing {
            state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let is_lacking = state.misleads(&addresses) || state.is_open();
        state.is_outdated |= is_lacking;
        if !anew && !is_lacking {
            return Ok(());
        }
        let result = self.write(state);
        if result.is_err() {
            self.state().standing.hold(name, before);
        }
        result
    }

    /// Notes that a container which was stopped is about to run as before.
    pub(super) fn go_back(&self, name: &ContainerName) {
        self.state().standing.go_back(name);
    }

    /// Notes that a container has exactly these addresses.
    pub(super) fn hold(&self, name: &ContainerName, addresses: BTreeSet<IpAddr>) {
        self.state().standing.hold(name, addresses);
    }

    /// Loads the final rules if anything changed at all, and releases the sysctls that they do not need.
    ///
    /// Sysctls are released only at the end: in between there may be no rules for a moment, which must not disturb
    /// other connections.
    pub(super) fn settle(&self) -> Result<(), HostError> {
        let mut state = self.state();
        if state.asked == 0 {
            return Ok(());
        }
        state.is_outdated = true;
        self.write(state)?;
        let needed = self.state().loaded.as_ref().map(Ruleset::sysctls);
        needed.map_or(Ok(()), |needed| self.host.release_sysctls(&needed))
    }

    /// Makes sure that everything requested so far is written, by this thread or by another.
    fn write<'s>(&'s self, mut state: MutexGuard<'s, State<'a>>) -> Result<(), HostError> {
        state.asked += 1;
        let mine = state.asked;
        loop {
            if state.done >= mine {
                return Ok(());
            }
            if let Some((_, why)) = state.failed.as_ref().filter(|(tried, _)| *tried >= mine) {
                return Err(HostError::Rules { message: why.clone() });
            }
            if state.is_writing {
                state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (upto, job) = (state.asked, state.job());
            state.is_writing = true;
            drop(state);
            // A panic must not leave the other threads waiting.
            let loaded = super::queue::guarded(|| job.load(self.host));
            let is_loaded = loaded.is_ok();
            let result = loaded.and_then(|()| super::queue::guarded(|| job.forget_flows(self.host)));
            state = self.state();
            state.is_writing = false;
            self.written.notify_all();
            state.note(job, is_loaded, result.is_ok());
            match result {
                Ok(()) => state.done = upto,
                Err(error) => {
                    state.failed = Some((upto, chain(&error)));
                    return Err(error);
                }
            }
        }
    }
}

/// The error and its causes on one line.
fn chain(error: &HostError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl State<'_> {
    /// Takes what must be done for all requests so far.
    fn job(&mut self) -> Job {
        let ruleset = self.standing.ruleset();
        let is_forced = std::mem::take(&mut self.is_forced);
        let is_outdated = std::mem::take(&mut self.is_outdated) && self.loaded.as_ref() != Some(&ruleset);
        let loads = is_forced || is_outdated;
        let mut sysctls = Vec::new();
        if loads {
            let released = self.loaded.as_ref().map(|loaded| ruleset.released(loaded)).unwrap_or_default();
            self.set.retain(|set| released.iter().all(|released| released.name != set.name));
            let wanted = ruleset.sysctls().into_iter().filter(|sysctl| !self.set.contains(sysctl));
            sysctls = wanted.chain(released).collect();
        }
        Job { loads, ruleset, sysctls, flows: std::mem::take(&mut self.flows) }
    }

    /// Notes how a job ended: whether the kernel has its rules, and whether everything else succeeded, too.
    fn note(&mut self, job: Job, is_loaded: bool, is_done: bool) {
        if !is_done {
            self.flows.extend(job.flows);
        }
        if !job.loads {
            return;
        }
        if is_loaded {
            self.set.extend(job.sysctls);
            self.loaded = Some(job.ruleset);
            self.tried = None;
        } else {
            self.tried = Some(job.ruleset);
            self.is_forced = true;
        }
    }

    /// Whether guests can reach more than the host that are to reach the host alone.
    fn is_open(&self) -> bool {
        let wanted = self.standing.ruleset();
        self.loaded.as_ref().is_none_or(|loaded| !loaded.is_empty() && !loaded.isolates_all_of(&wanted))
    }

    /// Whether the kernel forwards another container's port to one of these addresses, or did when it was last
    /// observed.
    fn misleads(&self, addresses: &BTreeSet<IpAddr>) -> bool {
        let wanted = self.standing.ruleset();
        let leads_astray = |loaded: &Ruleset| {
            loaded.forwards().iter().any(|target| {
                let to = [target.v4.map(IpAddr::V4), target.v6.map(IpAddr::V6)];
                to.into_iter().flatten().any(|address| {
                    addresses.contains(&address) && !wanted.leads(target.protocol, target.host_port, address)
                })
            }) || loaded.own_forwards().iter().any(|OwnTarget { forward, to, .. }| {
                to.iter().flatten().any(|address| {
                    addresses.contains(address) && !wanted.own_leads(forward.protocol, forward.ports, *address)
                })
            }) || loaded
                .nat_forwards()
                .iter()
                .any(|forward| addresses.contains(&forward.address) && !wanted.nat_forwards().contains(forward))
                || loaded.dmz().is_some_and(|dmz| addresses.contains(&IpAddr::V4(dmz)) && wanted.dmz() != Some(dmz))
        };
        if self.tried.as_ref().is_some_and(leads_astray) {
            return true;
        }
        match &self.loaded {
            Some(loaded) => leads_astray(loaded),
            None => self.found.iter().any(|line| match line {
                RuleLine::Forward { protocol, host_port, address, .. } => {
                    addresses.contains(address) && !wanted.leads(*protocol, *host_port, *address)
                }
                RuleLine::Own { protocol, ports, address, .. } => {
                    addresses.contains(address) && !wanted.own_leads(*protocol, *ports, *address)
                }
                RuleLine::Nat { protocol, ports, address, .. } => {
                    addresses.contains(address) && !wanted.nat_leads(*protocol, *ports, *address)
                }
                RuleLine::Rule(rule) => addresses.iter().any(|address| {
                    rule.ends_with(&format!(" to {address}")) && wanted.dmz().map(IpAddr::V4) != Some(*address)
                }),
            }),
        }
    }
}

/// One transaction, with the sysctls and connections that go with it.
struct Job {
    ruleset: Ruleset,
    loads: bool,
    sysctls: Vec<Sysctl>,
    flows: BTreeSet<IpAddr>,
}

impl Job {
    fn load(&self, host: &dyn Host) -> Result<(), HostError> {
        if !self.loads {
            return Ok(());
        }
        host.set_sysctls(&self.sysctls)?;
        host.load_rules(&self.ruleset)
    }

    /// Ends open connections. This must come after the rules, since the former ones would let new connections come up
    /// at once.
    fn forget_flows(&self, host: &dyn Host) -> Result<(), HostError> {
        if self.flows.is_empty() { Ok(()) } else { host.forget_flows(&self.flows) }
    }
}
