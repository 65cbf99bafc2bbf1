//! The interface to Nix: evaluates containers' options and builds their systems.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::ContainerName;
use crate::source::Location;

/// A configuration in the form that Nix needs to evaluate it (contract §3). Its text is neither copied nor rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The NixOS module, or the `flake.nix`; an absolute path.
    pub file: PathBuf,
    /// The host, if the file is a flake.
    pub host: Option<String>,
    /// `-I` entries, `NAME=PATH` or `PATH`.
    pub include: Vec<String>,
    /// Overridden inputs of the flake: names and paths.
    pub overrides: Vec<(String, PathBuf)>,
    /// Whether a flake may read the environment.
    pub impure: bool,
}

/// What Nix evaluated for one container.
#[derive(Debug, Clone, PartialEq)]
pub struct NixContainer {
    /// All options that have a JSON form, as `nix eval --json` prints them.
    pub options: serde_json::Value,
    /// The derivation of `path`; `None` if `path` is not a derivation.
    pub derivation: Option<String>,
    /// `path`: the store path of the system, built or not.
    pub system: PathBuf,
}

/// Why Nix returned no result.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nix could not be run.
    #[error("cannot run `nix`: {source}")]
    Missing {
        /// The kernel's error.
        source: std::io::Error,
    },
    /// Nix cannot evaluate the configuration.
    #[error("Nix cannot evaluate the configuration: {}", error.message)]
    Evaluation {
        /// Nix's error.
        error: Frame,
        /// The calls that led there, innermost first.
        trace: Vec<Frame>,
    },
    /// Nix failed.
    #[error("{what} failed ({status})")]
    Failed {
        /// `nix eval` or `nix build`.
        what: &'static str,
        /// Its exit status.
        status: String,
        /// The last lines of its output.
        log: Vec<String>,
    },
    /// Nix printed something other than the JSON that was asked for.
    #[error("unexpected output of `nix eval`: {reason}")]
    Unexpected {
        /// What is wrong with the output.
        reason: String,
    },
    /// The directory for the results could not be created.
    #[error("cannot create a directory for the results of `nix build`")]
    Directory {
        /// The kernel's error.
        source: std::io::Error,
    },
}

/// One frame of the trace of a failed evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Nix's message.
    pub message: String,
    /// The position, with the file's absolute path, or a name such as `«string»` if it is not in a file.
    pub at: Option<Location>,
}

/// Keeps built systems from the garbage collector as long as it lives.
pub type Built = Box<dyn std::any::Any>;

/// Evaluates and builds with Nix.
pub trait Builder {
    /// Whether it could be run at all.
    fn is_installed(&self) -> bool;

    /// Evaluates all options of the containers `names` in one run of Nix.
    fn evaluate(
        &self,
        source: &Source,
        names: &[ContainerName],
    ) -> Result<BTreeMap<ContainerName, NixContainer>, BuildError>;

    /// Builds the systems that [`evaluate`](Builder::evaluate) named.
    fn build(&self, containers: &BTreeMap<ContainerName, NixContainer>) -> Result<Built, BuildError>;
}
