//! The commands that our systemd units call.

use std::net::SocketAddr;

use crate::cli::session::Outcome;
use crate::diag::{Code, Diagnostic};
use crate::host::{last_words, launch, loopback};
use crate::model::ContainerName;

/// Becomes the systemd-nspawn of the container. Only returns on an error.
pub(in crate::cli) fn launch(name: &ContainerName) -> Outcome {
    // A new start makes the record of the last failed start obsolete.
    last_words::forget_failed_start(name);
    Err(vec![Diagnostic::caused_by(Code::Host, &launch::launch(name))])
}

/// Sets up the network of the container's guest.
pub(in crate::cli) fn connect(name: &ContainerName, nspawn: u32) -> Outcome {
    launch::connect(name, nspawn).map(|()| 0).map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])
}

/// Removes what the container left behind.
pub(in crate::cli) fn cleanup(name: &ContainerName) -> Outcome {
    last_words::keep_of_root(name);
    launch::cleanup(name).map(|()| 0).map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])
}

/// Becomes the proxy of a connection to `[::1]`. Only returns on an error.
pub(in crate::cli) fn proxy(to: SocketAddr) -> Outcome {
    let message = format!("cannot run systemd-socket-proxyd: {}", loopback::become_proxy(to));
    Err(vec![Diagnostic::error(Code::Host, message).help("it is a part of systemd: install it, or use 127.0.0.1")])
}
