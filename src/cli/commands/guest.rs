//! `shell`, `run` and `logs`: commands in a running guest, and its journal.

use std::ffi::OsString;

use super::build::{nix, watch_signals};
use crate::app::{self, GuestCommand, JournalOptions, TrialOptions, TrialResult};
use crate::cli::args::{ConfigArgs, LintArgs};
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

/// Starts throw-away containers, runs a shell or a command in the first, and exits with its exit status.
pub(in crate::cli) fn try_out(
    session: &Session<'_>,
    config: &ConfigArgs,
    (yes, wait): (bool, bool),
    lints: &LintArgs,
    command: &[OsString],
) -> Outcome {
    require_root("try")?;
    let command = match command {
        [] => GuestCommand::Shell,
        words => GuestCommand::Program(words.to_vec()),
    };
    let config = session.config(config);
    let how = TrialOptions { yes, wait, allow: &lints.allow, command: &command };
    watch_signals()?;
    Ok(match app::try_out(&session.context(), &config, (&Linux, &nix(&config)), &how)? {
        TrialResult::Refused | TrialResult::Declined => 1,
        TrialResult::Ended(status) => status,
    })
}

/// Shows the guest's own journal, or the host's journal of the unit if the guest keeps none.
pub(in crate::cli) fn logs(session: &Session<'_>, name: &ContainerName, options: &JournalOptions) -> Outcome {
    require_root("logs")?;
    app::logs(&session.context(), &Linux, name, options)?;
    Ok(0)
}
