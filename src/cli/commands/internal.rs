//! What units call.

use crate::cli::{Outcome, failure};
use crate::diag::Code;
use crate::host::{last_words, launch};
use crate::model::ContainerName;

/// Becomes the systemd-nspawn of the container; comes back only with what kept it from that.
pub(in crate::cli) fn launch(name: &ContainerName) -> Outcome {
    // Whoever starts it, the start before is no longer the last one.
    last_words::forget_failed_start(name);
    Err(vec![failure(Code::Host, &launch::launch(name))])
}

/// Brings the container's guest its network.
pub(in crate::cli) fn connect(name: &ContainerName, nspawn: u32) -> Outcome {
    launch::connect(name, nspawn).map(|()| 0).map_err(|error| vec![failure(Code::Host, &error)])
}

/// Takes away what the container left behind.
pub(in crate::cli) fn cleanup(name: &ContainerName) -> Outcome {
    last_words::keep_of_root(name);
    launch::cleanup(name).map(|()| 0).map_err(|error| vec![failure(Code::Host, &error)])
}
