//! The guests of a host in memory: they run what they are told, and keep journals on demand.

use std::error::Error;
use std::io;

use super::MemoryHost;
use crate::app::{GuestCommand, GuestHost, JournalOf, JournalOptions};
use crate::model::ContainerName;
use crate::state::{Machine, Probe as _};

impl GuestHost for MemoryHost {
    fn machine(&self, name: &ContainerName) -> Option<Machine> {
        self.snapshot().ok()?.containers.remove(name)?.machine
    }

    /// `false` exits with 1 and `missing` with 127, like in a shell; all other programs with 0.
    fn run(&self, machine: &Machine, command: &GuestCommand) -> Result<u8, Box<dyn Error>> {
        let words = match command {
            GuestCommand::Shell => vec![String::from("(shell)")],
            GuestCommand::Program(words) => words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        };
        let line = format!("{}: {}", machine.name, words.join(" "));
        self.state().entered.push(line);
        Ok(match words[0].as_str() {
            "false" => 1,
            "missing" => 127,
            _ => 0,
        })
    }

    fn show_journal(&self, of: JournalOf<'_>, options: &JournalOptions) -> io::Result<bool> {
        let mut state = self.state();
        let keeps = |name: &str| state.journals.iter().any(|other| other.as_str() == name);
        let shown = match of {
            JournalOf::Running(machine) if keeps(&machine.name) => format!("journal of {}", machine.name),
            JournalOf::Stopped(name) if keeps(name.as_str()) => format!("journal in the root of {name}"),
            JournalOf::Running(_) | JournalOf::Stopped(_) => return Ok(false),
            JournalOf::Unit(unit) => format!("host's journal of {unit}"),
        };
        let followed = if options.follow { ", followed" } else { "" };
        state.entered.push(format!("{shown}{followed}"));
        Ok(true)
    }
}
