//! `shell`, `run`, `logs`: commands in a running guest.

use std::ffi::OsString;

use super::lifecycle::no_such_container;
use super::plan::observe;
use crate::cli::{Outcome, failure, require_root};
use crate::diag::{Code, Diagnostic};
use crate::host::guest::{self, Command};
use crate::host::machined;
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

/// Shows the guest's own journal, read by the guest's own journalctl(1): no other knows its format for certain.
pub(in crate::cli) fn logs(name: &ContainerName, follow: bool) -> Outcome {
    let mut words = vec!["journalctl"];
    words.extend(follow.then_some("--follow"));
    in_guest("logs", name, &Command::Program(words.into_iter().map(OsString::from).collect()))
}

fn in_guest(verb: &str, name: &ContainerName, command: &Command) -> Outcome {
    require_root(verb)?;
    let machine = machine(name)?;
    guest::run(&machine, command).map_err(|error| vec![failure(Code::Host, &error)])
}

/// The machine of a container that runs.
fn machine(name: &ContainerName) -> Result<Machine, Vec<Diagnostic>> {
    // Whoever runs is registered, so that the rest of the host need not be looked at.
    let machines = machined::machines().unwrap_or_default();
    let mut containers = machines.into_iter().filter(|machine| machine.class == "container");
    if let Some(machine) = containers.find(|machine| machine.name == name.as_str()) {
        return Ok(machine);
    }
    let snapshot = observe()?;
    let recorded = snapshot.generation.as_ref().is_some_and(|generation| generation.records.contains_key(name));
    if !recorded && !snapshot.containers.contains_key(name) {
        return Err(vec![no_such_container(name, &snapshot)]);
    }
    let help = format!(
        "run `container-rebuild start {name}`; `journalctl -u container@{name}` shows what it said when it last ran"
    );
    Err(vec![Diagnostic::error(Code::Host, format!("`{name}` does not run")).help(help)])
}
