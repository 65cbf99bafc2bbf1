//! The program that units call, and the service that calls it at boot.

use std::path::{Path, PathBuf};

use crate::render::paths;

/// What stands where units call the program, and what could be put there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What stands there.
    pub installed: Installed,
    /// The program that looks: its version, and where it was run from.
    pub running: String,
    /// How many bytes it takes to put that there.
    pub bytes: usize,
    /// Why the program that looks cannot be put there, where that is known.
    pub obstacle: Option<String>,
}

/// What stands where units call the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// The program that looks.
    Same,
    /// Another one.
    Other,
    /// Nothing that can be executed.
    Nothing,
}

/// `container-rebuild.service`, which brings the containers up at boot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BootService {
    /// Whether a boot starts it.
    pub is_enabled: bool,
    /// Whether its unit is the one that `install-boot` writes below `/etc/systemd/system`, so that it may be written again.
    pub is_ours: bool,
    /// Whether that is not what this version of `install-boot` writes.
    pub is_edited: bool,
    /// The program that it calls, where it calls one.
    pub program: Option<PathBuf>,
    /// Whether that is not there, or cannot be executed.
    pub is_program_gone: bool,
    /// Whether `install-boot` has a way to install it here.
    pub is_installable: bool,
}

impl BootService {
    /// Whether it calls the program that units call.
    pub fn calls_ours(&self) -> bool {
        self.program.as_deref().is_some_and(|program| program == Path::new(paths::PROGRAM))
    }

    /// Whether a switch has it call a program that is there.
    pub fn is_repairable(&self) -> bool {
        self.is_ours || self.calls_ours()
    }

    /// Whether the next boot brings the containers up.
    pub fn works(&self) -> bool {
        self.is_enabled && !self.is_program_gone
    }
}
