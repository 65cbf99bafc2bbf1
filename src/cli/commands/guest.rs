//! `shell`, `run`: commands in a running guest. `logs`: what a guest wrote.

use std::ffi::OsString;

use super::lifecycle::no_such_container;
use super::plan::observe;
use crate::cli::{Outcome, Session, failure, require_root};
use crate::diag::{Code, Diagnostic};
use crate::host::guest::{self, Command};
use crate::host::journalctl::Wanted;
use crate::host::{look, machined};
use crate::model::ContainerName;
use crate::state::Machine;

/// Opens a root shell.
pub(in crate::cli) fn shell(name: &ContainerName) -> Outcome {
    in_guest("shell", name, &Command::Shell)
}

/// Runs a command; its exit status is ours.
pub(in crate::cli) fn run(name: &ContainerName, command: &[OsString]) -> Outcome {
    in_guest("run", name, &Command::Program(command.to_vec()))
}

/// Shows the guest's own journal. It is read on the host, so that nothing is added to it; where none was kept, the host's
/// has what the unit and the guest's console said.
pub(in crate::cli) fn logs(session: &Session<'_>, name: &ContainerName, wanted: &Wanted) -> Outcome {
    require_root("logs")?;
    let failed = |error: std::io::Error| vec![failure(Code::Host, &error)];
    let (unit, missing) = match registered(name) {
        Some(machine) => {
            if let Some(error) = look::show_journal(&machine, wanted) {
                return Err(failed(error));
            }
            (machine.unit, "keeps no journal")
        }
        None => {
            must_exist(name)?;
            if let Some(error) = look::show_kept_journal(name, wanted) {
                return Err(failed(error));
            }
            (name.unit(), "does not run, and has left no journal of its own")
        }
    };
    let message = format!("`{name}` {missing}: this is what the host's has of {unit}");
    session.terminal.findings(&[Diagnostic::note(Code::NotObserved, message)], session.sources);
    Err(failed(look::show_journal_of_unit(&unit, wanted)))
}

fn in_guest(verb: &str, name: &ContainerName, command: &Command) -> Outcome {
    require_root(verb)?;
    let machine = machine(name)?;
    guest::run(&machine, command).map_err(|error| vec![failure(Code::Host, &error)])
}

/// The machine of a container that runs.
fn machine(name: &ContainerName) -> Result<Machine, Vec<Diagnostic>> {
    if let Some(machine) = registered(name) {
        return Ok(machine);
    }
    must_exist(name)?;
    let help =
        format!("run `container-rebuild start {name}`; `container-rebuild logs {name}` shows what it last said");
    Err(vec![Diagnostic::error(Code::Host, format!("`{name}` does not run")).help(help)])
}

/// The machine of that name. Whoever runs is registered, so that the rest of the host need not be looked at.
fn registered(name: &ContainerName) -> Option<Machine> {
    let machines = machined::machines().unwrap_or_default();
    machines.into_iter().find(|machine| machine.class == "container" && machine.name == name.as_str())
}

/// Fails where there is no such container.
fn must_exist(name: &ContainerName) -> Result<(), Vec<Diagnostic>> {
    let snapshot = observe()?;
    let recorded = snapshot.generation.as_ref().is_some_and(|generation| generation.records.contains_key(name));
    if recorded || snapshot.containers.contains_key(name) {
        return Ok(());
    }
    Err(vec![no_such_container(name, &snapshot)])
}
