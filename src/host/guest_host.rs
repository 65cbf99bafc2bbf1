//! Enters the guests of this machine, and shows their journals.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use super::journalctl::{self, Entries};
use super::linux::Linux;
use super::{guest, machined};
use crate::app::{GuestCommand, GuestHost, JournalOf, JournalOptions};
use crate::model::ContainerName;
use crate::render::paths;
use crate::state::Machine;

impl GuestHost for Linux {
    fn machine(&self, name: &ContainerName) -> Option<Machine> {
        // Every running container is registered.
        let machines = machined::machines().unwrap_or_default();
        machines.into_iter().find(|machine| machine.class == "container" && machine.name == name.as_str())
    }

    fn run(&self, machine: &Machine, command: &GuestCommand) -> Result<u8, Box<dyn Error>> {
        Ok(guest::run(machine, command)?)
    }

    fn show_journal(&self, of: JournalOf<'_>, options: &JournalOptions) -> io::Result<bool> {
        let (journal, name) = match of {
            JournalOf::Running(machine) => (guest::of_guest(machine)?, machine.name.as_str()),
            JournalOf::Stopped(name) => (guest::at_rest(&paths::root(name))?, name.as_str()),
            JournalOf::Unit(unit) => {
                return Err(journalctl::show_of_host(&Entries::Unit(unit.to_owned()), options));
            }
        };
        match journal {
            // Returns only if journalctl did not replace this process.
            Some(journal) => Err(journalctl::show_of_guest(&journal, system(name).as_deref(), options)),
            None => Ok(false),
        }
    }
}

/// The system of the written record of one of our containers.
fn system(name: &str) -> Option<PathBuf> {
    let name = ContainerName::new(name).ok()?;
    let system = std::fs::read_link(paths::gc_root(&paths::current_root(&name))).ok()?;
    Some(system).filter(|system| system.starts_with(Path::new("/nix/store")))
}
