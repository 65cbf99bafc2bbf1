//! Makes network managers leave the interfaces of containers alone before they exist, and as long as they exist.

use std::sync::{Mutex, PoisonError};

use super::host::{Host, HostError};
use crate::plan;

/// The interfaces of containers while a plan is applied.
pub(super) struct Interfaces<'a> {
    host: &'a dyn Host,
    planned: &'a plan::Interfaces,
    /// Whether the managers know about all of them.
    are_claimed: Mutex<bool>,
}

impl<'a> Interfaces<'a> {
    pub(super) fn new(host: &'a dyn Host, planned: &'a plan::Interfaces) -> Self {
        Self { host, planned, are_claimed: Mutex::default() }
    }

    /// Claims all interfaces that may exist while the plan is applied: those of all containers at once, since each change makes the
    /// managers read their configuration. Called before a container starts.
    pub(super) fn claim(&self) -> Result<(), HostError> {
        // Locked meanwhile, so that no other container starts before that.
        let mut are_claimed = self.are_claimed.lock().unwrap_or_else(PoisonError::into_inner);
        if !*are_claimed {
            self.host.leave_alone(&self.planned.meanwhile)?;
            *are_claimed = true;
        }
        Ok(())
    }

    /// Claims those that there are in the end. If not all steps are done, any former interface may still exist.
    pub(super) fn settle(&self, is_done: bool) -> Result<(), HostError> {
        self.host.leave_alone(if is_done { &self.planned.finally } else { &self.planned.meanwhile })
    }
}
