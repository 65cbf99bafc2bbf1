//! Brings the host to the rules that are to stand at each moment of an apply.
//!
//! Many steps change the rules, and each load replaces all of them in one transaction. So there is one writer at a time,
//! and what is asked for while it writes becomes one transaction together.
//!
//! Invariant: a container is only given an address once no rule in the kernel leads others' ports there, and no open
//! connection of whoever had it does ([`Rules::claim`]).

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::host::{Host, HostError};
use crate::model::ContainerName;
use crate::plan::{FirewallChange, Stage, Standing};
use crate::render::nft::{RuleLine, Ruleset, Sysctl};

/// The rules of the host while a plan is applied.
pub(super) struct Rules<'a> {
    host: &'a dyn Host,
    state: Mutex<State<'a>>,
    /// Something was written, or failed to be.
    written: Condvar,
}

struct State<'a> {
    standing: Standing<'a>,
    /// What was loaded last; `None` where the kernel has what nobody here loaded.
    loaded: Option<Ruleset>,
    /// What a load that failed may have left in the kernel all the same.
    tried: Option<Ruleset>,
    /// The forwards in the kernel as long as nothing was loaded.
    found: &'a BTreeSet<RuleLine>,
    /// Sysctls that were set.
    set: Vec<Sysctl>,
    /// Addresses that get another holder.
    flows: BTreeSet<IpAddr>,
    /// Counts what was asked for.
    asked: u64,
    /// All up to here is done.
    done: u64,
    /// All up to here was tried, and this is what came of it.
    failed: Option<(u64, String)>,
    is_writing: bool,
    /// Whether the rules are to be loaded that are to stand now.
    is_outdated: bool,
    /// Whether they are to be even where they should be there.
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

    /// The stage of a container's rules.
    pub(super) fn stage(&self, name: &ContainerName) -> Stage {
        self.state().standing.stage(name)
    }

    /// Brings the rules of a container to a stage. Where that fails they count as they were.
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

    /// Loads the rules of the host itself, and of all that go on as they are but those that are `stale`.
    pub(super) fn set_host(&self, stale: &BTreeSet<&ContainerName>) -> Result<(), HostError> {
        let mut state = self.state();
        state.standing.set_host(stale);
        state.is_forced = true;
        self.write(state)
    }

    /// Notes that a container is about to have these addresses beside those that it has; `anew` says that others may have
    /// had them until now. When this is done, nothing leads there for anybody else.
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
        // What is being written now was put together before this.
        while state.is_writing {
            state = self.written.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let misleads = state.misleads(&addresses);
        state.is_outdated |= misleads;
        if !anew && !misleads {
            return Ok(());
        }
        let result = self.write(state);
        if result.is_err() {
            self.state().standing.hold(name, before);
        }
        result
    }

    /// Notes that a container has these addresses, and no others any more.
    pub(super) fn hold(&self, name: &ContainerName, addresses: BTreeSet<IpAddr>) {
        self.state().standing.hold(name, addresses);
    }

    /// Loads what is still to be loaded, if anything was changed at all, and lets go what the rules do not need any more. Only
    /// when all is over: meanwhile there may be no rules for a moment, and connections of others must not feel that.
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

    /// Sees to it that all that was asked for up to now is written, by this thread or by another one.
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
            // A panic must not leave the others waiting.
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

/// An error with its causes, in one line.
fn chain(error: &HostError) -> String {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl State<'_> {
    /// What is to be done now for all that was asked for.
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

    /// Takes note of what came of a job: whether the kernel has its rules, and whether all else was done, too.
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

    /// Whether the kernel leads somebody else's port to one of these addresses, or did when it was looked at.
    fn misleads(&self, addresses: &BTreeSet<IpAddr>) -> bool {
        let wanted = self.standing.ruleset();
        let leads_astray = |loaded: &Ruleset| {
            loaded.forwards().iter().any(|target| {
                let to = [target.v4.map(IpAddr::V4), target.v6.map(IpAddr::V6)];
                to.into_iter().flatten().any(|address| {
                    addresses.contains(&address) && !wanted.leads(target.protocol, target.host_port, address)
                })
            })
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
                RuleLine::Rule(_) => false,
            }),
        }
    }
}

/// One transaction, and what goes with it.
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
        host.load_rules(&self.ruleset.json())
    }

    /// Ends open connections. That comes after the rules, by which new ones would come up at once.
    fn forget_flows(&self, host: &dyn Host) -> Result<(), HostError> {
        if self.flows.is_empty() { Ok(()) } else { host.forget_flows(&self.flows) }
    }
}
