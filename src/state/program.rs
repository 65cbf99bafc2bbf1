//! The program that units call, and the service that runs it at boot.

use std::path::{Path, PathBuf};

use crate::render::paths;

/// The program at the path that units call, and the one that could be installed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What is installed at the path.
    pub installed: Installed,
    /// The running program: its version and where it was run from.
    pub running: String,
    /// How many bytes installing the running program takes.
    pub bytes: usize,
    /// Why the running program cannot be installed, if it is known that it cannot.
    pub obstacle: Option<String>,
}

/// What is installed at the path that units call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installed {
    /// The running program.
    Same,
    /// Another program.
    Other,
    /// Nothing executable.
    Nothing,
}

/// `container-rebuild.service`, which brings the containers up at boot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BootService {
    /// Whether it starts at boot.
    pub is_enabled: bool,
    /// Whether its unit is the one that `install-boot` writes below `/etc/systemd/system`, so that it may be rewritten.
    pub is_ours: bool,
    /// Whether that unit differs from what this version of `install-boot` writes.
    pub is_edited: bool,
    /// The program that it calls, if any.
    pub program: Option<PathBuf>,
    /// Whether that program is missing or not executable.
    pub is_program_gone: bool,
    /// Whether `install-boot` can install it on this host.
    pub is_installable: bool,
}

impl BootService {
    /// Whether it calls the program that containers' units call.
    pub fn calls_ours(&self) -> bool {
        self.program.as_deref().is_some_and(|program| program == Path::new(paths::PROGRAM))
    }

    /// Whether a switch can make it call a program that exists.
    pub fn is_repairable(&self) -> bool {
        self.is_ours || self.calls_ours()
    }

    /// Whether the next boot brings the containers up.
    pub fn works(&self) -> bool {
        self.is_enabled && !self.is_program_gone
    }
}
