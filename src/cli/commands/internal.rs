//! What units call.

use crate::cli::{Outcome, failure};
use crate::diag::Code;
use crate::host::launch;
use crate::model::ContainerName;

/// Becomes the systemd-nspawn of the container; comes back only with what kept it from that.
pub(in crate::cli) fn launch(name: &ContainerName) -> Outcome {
    Err(vec![failure(Code::Host, &launch::launch(name))])
}

/// Brings the container's guest its network.
pub(in crate::cli) fn connect(name: &ContainerName, nspawn: u32) -> Outcome {
    launch::connect(name, nspawn).map(|()| 0).map_err(|error| vec![failure(Code::Host, &error)])
}

/// Takes away what the container left behind.
pub(in crate::cli) fn cleanup(name: &ContainerName) -> Outcome {
    launch::cleanup(name).map(|()| 0).map_err(|error| vec![failure(Code::Host, &error)])
}
