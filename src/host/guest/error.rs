//! Why something could not be done in a guest.

use std::io;
use std::path::PathBuf;

use crate::host::systemd::BusError;
use crate::host::waiting::GaveUp;

/// Why a command could not be run to completion.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub(crate) enum GuestError {
    #[error("cannot open the root of `{name}`; has it just stopped?")]
    Root { name: String, source: io::Error },
    #[error("`{name}` has no {}", path.display())]
    Missing { name: String, path: PathBuf, source: io::Error },
    #[error("cannot reach the system bus of `{name}`; is it still starting?")]
    Unreachable { name: String, source: io::Error },
    #[error("systemd in `{name}`: {source}")]
    Refused { name: String, source: BusError },
    #[error("systemd-machined cannot open a terminal in `{name}`: {source}")]
    NoTerminal { name: String, source: BusError },
    #[error("the argument {argument:?} is not UTF-8, which systemd requires")]
    NotUtf8 { argument: std::ffi::OsString },
    #[error("`{name}` stopped while the command ran")]
    Gone { name: String },
    #[error("gave up waiting for `{what}` in `{name}`: {reason}")]
    GaveUp { name: String, what: String, reason: GaveUp },
    #[error("the guest did not start the command ({reason})")]
    NotStarted { reason: String },
    #[error("cannot use the terminal")]
    Terminal(#[source] io::Error),
}
