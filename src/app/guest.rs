//! `shell`, `run` and `logs`: commands in a running guest, and its journal.

use std::error::Error;
use std::ffi::OsString;
use std::io;

use super::context::Context;
use super::live_host::LiveHost;
use super::only::no_such_container;
use super::plan::observe;
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::state::Machine;

/// What to run in a guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuestCommand {
    /// Root's login shell.
    Shell,
    /// A program and its arguments, looked up and run as in a login shell of root.
    Program(Vec<OsString>),
}

/// The options that users pass on to journalctl(1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalOptions {
    /// `--follow`.
    pub follow: bool,
    /// `--lines`.
    pub lines: Option<String>,
    /// `--since`.
    pub since: Option<String>,
}

/// A journal that says something about a container.
#[derive(Debug, Clone, Copy)]
pub enum JournalOf<'a> {
    /// The guest's own, while it runs.
    Running(&'a Machine),
    /// The guest's own, in the root that it left.
    Stopped(&'a ContainerName),
    /// The host's, of a unit.
    Unit(&'a str),
}

/// A host whose guests can be entered.
pub trait GuestHost: LiveHost {
    /// The machine of a running container. Unlike [`observe`], it looks at nothing else.
    fn machine(&self, name: &ContainerName) -> Option<Machine>;
    /// Runs a command as root in a guest, connected to our standard streams, until it ends. Returns its exit status;
    /// 128 plus the number of the signal that killed it; 127 if the program does not exist.
    ///
    /// # Errors
    ///
    /// If the command cannot be started, or the guest stops before it ends.
    fn run(&self, machine: &Machine, command: &GuestCommand) -> Result<u8, Box<dyn Error>>;
    /// Shows a journal; on a real host, journalctl(1) replaces this process. `false` if there is no such journal.
    ///
    /// # Errors
    ///
    /// If the journal cannot be opened, or journalctl cannot be started.
    fn show_journal(&self, of: JournalOf<'_>, options: &JournalOptions) -> io::Result<bool>;
}

/// Runs a command in a guest, and returns its exit status ([`GuestHost::run`]).
///
/// # Errors
///
/// If the container does not exist or does not run, or if the command cannot be run.
pub fn run_in_guest(
    host: &dyn GuestHost,
    name: &ContainerName,
    command: &GuestCommand,
) -> Result<u8, Vec<Diagnostic>> {
    let Some(machine) = host.machine(name) else {
        must_exist(host, name)?;
        let help = format!(
            "run `container-rebuild start {name}`; `container-rebuild logs {name}` shows its last messages"
        );
        return Err(vec![Diagnostic::error(Code::Host, format!("`{name}` is not running")).help(help)]);
    };
    host.run(&machine, command).map_err(|error| vec![Diagnostic::caused_by(Code::Host, &*error)])
}

/// Shows the guest's own journal, or the host's journal of the unit if the guest keeps none.
///
/// Reads the files on the host instead of running journalctl in the guest, which would add entries.
///
/// # Errors
///
/// If the container does not exist, or its journal cannot be shown.
pub fn logs(
    cx: &Context<'_>,
    host: &dyn GuestHost,
    name: &ContainerName,
    options: &JournalOptions,
) -> Result<(), Vec<Diagnostic>> {
    let show = |of: JournalOf<'_>| {
        host.show_journal(of, options).map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])
    };
    let (unit, missing) = match host.machine(name) {
        Some(machine) => {
            if show(JournalOf::Running(&machine))? {
                return Ok(());
            }
            (machine.unit, "keeps no journal of its own")
        }
        None => {
            must_exist(host, name)?;
            if show(JournalOf::Stopped(name))? {
                return Ok(());
            }
            (name.unit(), "is not running, and its root has no journal")
        }
    };
    let message = format!("`{name}` {missing}: showing the host's journal of {unit}");
    cx.ui.findings(&[Diagnostic::note(Code::NotObserved, message)]);
    show(JournalOf::Unit(&unit)).map(drop)
}

/// Fails if there is no such container.
fn must_exist(host: &dyn GuestHost, name: &ContainerName) -> Result<(), Vec<Diagnostic>> {
    let snapshot = observe(host)?;
    let recorded = snapshot.generation.as_ref().is_some_and(|generation| generation.records.contains_key(name));
    if recorded || snapshot.containers.contains_key(name) {
        return Ok(());
    }
    Err(vec![no_such_container(name, &snapshot)])
}
