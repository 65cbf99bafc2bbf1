//! Checks whether a container that has started or changed is up.

use super::execute::{Applier, Event, Run};
use super::host::HostError;
use crate::model::ContainerName;
use crate::model::spec::ContainerSpec;

impl Applier<'_> {
    /// Waits until a running guest does what its health check asks for.
    pub(super) fn check_health(&self, name: &ContainerName, spec: &ContainerSpec) -> Result<(), HostError> {
        if !self.checks_health || spec.health.is_empty() {
            return Ok(());
        }
        (self.watch)(Event::Checking(name));
        self.host.check_health(spec)
    }

    /// Like [`Self::check_health`], for a container that has just started. If it fails, the container is stopped, as systemd
    /// stops one whose guest does not report that it is ready.
    pub(super) fn check_started(
        &self,
        run: &Run<'_>,
        name: &ContainerName,
        spec: &ContainerSpec,
    ) -> Result<(), HostError> {
        self.check_health(name, spec).inspect_err(|error| {
            if !matches!(error, HostError::StoppedWaiting { .. }) {
                if let Err(error) = self.host.stop(name) {
                    tracing::warn!(%error, "cannot stop `{name}`, whose health check failed");
                }
                run.start_failed(self.host, name, error);
            }
        })
    }
}
