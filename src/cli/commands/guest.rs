//! `shell`, `run` and `logs`: commands in a running guest, and its journal.

use std::ffi::OsString;

use crate::app::{no_such_container, observe};
use crate::cli::session::{Outcome, Session, require_root};
use crate::diag::{Code, Diagnostic};
use crate::host::guest::{self, Command};
use crate::host::journalctl::Wanted;
use crate::host::linux::Linux;
use crate::host::{look, machined};
use crate::model::ContainerName;
use crate::state::Machine;

/// Opens a root shell.
pub(in crate::cli) fn shell(name: &ContainerName) -> Outcome {
    in_guest("shell", name, &Command::Shell)
}

/// Runs a command, and exits with its exit status.
pub(in crate::cli) fn run(name: &ContainerName, command: &[OsString]) -> Outcome {
    in_guest("run", name, &Command::Program(command.to_vec()))
}

/// Shows the guest's own journal, or the host's journal of the unit if the guest keeps none.
///
/// Reads the files on the host instead of running journalctl in the guest, which would add entries.
pub(in crate::cli) fn logs(session: &Session<'_>, name: &ContainerName, wanted: &Wanted) -> Outcome {
    require_root("logs")?;
    let failed = |error: std::io::Error| vec![Diagnostic::caused_by(Code::Host, &error)];
    let (unit, missing) = match registered(name) {
        Some(machine) => {
            if let Some(error) = look::show_journal(&machine, wanted) {
                return Err(failed(error));
            }
            (machine.unit, "keeps no journal of its own")
        }
        None => {
            must_exist(name)?;
            if let Some(error) = look::show_kept_journal(name, wanted) {
                return Err(failed(error));
            }
            (name.unit(), "is not running, and its root has no journal")
        }
    };
    let message = format!("`{name}` {missing}: showing the host's journal of {unit}");
    session.terminal.findings(&[Diagnostic::note(Code::NotObserved, message)], session.sources);
    Err(failed(look::show_journal_of_unit(&unit, wanted)))
}

fn in_guest(verb: &str, name: &ContainerName, command: &Command) -> Outcome {
    require_root(verb)?;
    let machine = machine(name)?;
    guest::run(&machine, command).map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])
}

/// The machine of a running container.
fn machine(name: &ContainerName) -> Result<Machine, Vec<Diagnostic>> {
    if let Some(machine) = registered(name) {
        return Ok(machine);
    }
    must_exist(name)?;
    let help =
        format!("run `container-rebuild start {name}`; `container-rebuild logs {name}` shows its last messages");
    Err(vec![Diagnostic::error(Code::Host, format!("`{name}` is not running")).help(help)])
}

/// The machine with that name. Every running container is registered, so there is no need to observe the whole host.
fn registered(name: &ContainerName) -> Option<Machine> {
    let machines = machined::machines().unwrap_or_default();
    machines.into_iter().find(|machine| machine.class == "container" && machine.name == name.as_str())
}

/// Fails if there is no such container.
fn must_exist(name: &ContainerName) -> Result<(), Vec<Diagnostic>> {
    let snapshot = observe(&Linux)?;
    let recorded = snapshot.generation.as_ref().is_some_and(|generation| generation.records.contains_key(name));
    if recorded || snapshot.containers.contains_key(name) {
        return Ok(());
    }
    Err(vec![no_such_container(name, &snapshot)])
}
