//! Makes network managers leave the interfaces of containers alone before they exist, and as long as they exist.

use std::sync::{Mutex, PoisonError};

use super::host::{Host, HostError};
use super::units::Units;
use crate::plan;
use crate::render::loopback::Loopback;

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
    pub(super) fn claim(&self, units: &Units<'_>) -> Result<(), HostError> {
        // Locked meanwhile, so that no other container starts before that.
        let mut are_claimed = self.are_claimed.lock().unwrap_or_else(PoisonError::into_inner);
        if !*are_claimed {
            self.host.leave_alone(&self.planned.meanwhile)?;
            // The container may get an address to which a port leads for another one.
            self.lead(&self.planned.loopback_meanwhile, units)?;
            self.host.name_in_hosts(&self.planned.hosts_meanwhile)?;
            // Now, so that systemd reads it together with the units of containers.
            if !self.planned.restored_after.is_empty() {
                self.restore(units)?;
            }
            *are_claimed = true;
        }
        Ok(())
    }

    /// Claims those that there are in the end. If not all steps are done, any former interface may still exist.
    pub(super) fn settle(&self, is_done: bool, units: &Units<'_>) -> Result<(), HostError> {
        // First: a network manager that reads its configuration makes that unit look for what is lost.
        self.restore(units)?;
        let plan::Interfaces { loopback, loopback_meanwhile, .. } = self.planned;
        self.lead(if is_done { loopback } else { loopback_meanwhile }, units)?;
        let plan::Interfaces { hosts, hosts_meanwhile, .. } = self.planned;
        self.host.name_in_hosts(if is_done { hosts } else { hosts_meanwhile })?;
        if is_done {
            self.host.release_bridges(&self.planned.bridges)?;
        }
        self.host.leave_alone(if is_done { &self.planned.finally } else { &self.planned.meanwhile })
    }

    /// Makes exactly these ports of `[::1]` lead into guests.
    fn lead(&self, loopback: &Loopback, units: &Units<'_>) -> Result<(), HostError> {
        if self.host.lead_loopback(loopback)? {
            units.mark_other();
        }
        Ok(())
    }

    /// Installs or removes the unit that puts back what is lost.
    fn restore(&self, units: &Units<'_>) -> Result<(), HostError> {
        if self.host.restore_after(&self.planned.restored_after)? {
            units.mark_other();
        }
        Ok(())
    }
}
