//! `shell`, `run` and `logs`: commands in a running guest, and its journal.

use std::ffi::OsString;

use crate::app::{self, GuestCommand, JournalOptions};
use crate::cli::session::{Outcome, Session, require_root};
use crate::host::linux::Linux;
use crate::model::ContainerName;

/// Opens a root shell.
pub(in crate::cli) fn shell(name: &ContainerName) -> Outcome {
    require_root("shell")?;
    app::run_in_guest(&Linux, name, &GuestCommand::Shell)
}

/// Runs a command, and exits with its exit status.
pub(in crate::cli) fn run(name: &ContainerName, command: &[OsString]) -> Outcome {
    require_root("run")?;
    app::run_in_guest(&Linux, name, &GuestCommand::Program(command.to_vec()))
}

/// Shows the guest's own journal, or the host's journal of the unit if the guest keeps none.
pub(in crate::cli) fn logs(session: &Session<'_>, name: &ContainerName, options: &JournalOptions) -> Outcome {
    require_root("logs")?;
    app::logs(&session.context(), &Linux, name, options)?;
    Ok(0)
}
