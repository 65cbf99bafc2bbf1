//! The seam to Nix: what it says of containers, and the systems that it builds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::ContainerName;
use crate::source::Location;

/// A configuration, in the words that Nix needs to evaluate it (contract §3). No text of it is copied or rewritten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The NixOS module, or the `flake.nix`; an absolute path.
    pub file: PathBuf,
    /// The host, where the file is a flake.
    pub host: Option<String>,
    /// `-I` entries, `NAME=PATH` or `PATH`.
    pub include: Vec<String>,
    /// Inputs of the flake that are elsewhere: names and paths.
    pub overrides: Vec<(String, PathBuf)>,
    /// Whether a flake sees the environment.
    pub impure: bool,
}

/// What Nix says of one container.
#[derive(Debug, Clone, PartialEq)]
pub struct NixContainer {
    /// All options that have a JSON form, as `nix eval --json` prints them.
    pub options: serde_json::Value,
    /// The derivation of `path`; `None` where `path` is no derivation.
    pub derivation: Option<String>,
    /// `path`: the store path of the system, built or not.
    pub system: PathBuf,
}

/// Why Nix gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// There is no Nix here.
    #[error("`nix` is not here: {source}")]
    Missing {
        /// What the kernel said.
        source: std::io::Error,
    },
    /// Nix cannot evaluate the configuration.
    #[error("Nix cannot evaluate this: {}", error.message)]
    Evaluation {
        /// What it says.
        error: Frame,
        /// The calls that led there, innermost first.
        trace: Vec<Frame>,
    },
    /// Nix failed.
    #[error("{what} failed ({status})")]
    Failed {
        /// `nix eval` or `nix build`.
        what: &'static str,
        /// How it ended.
        status: String,
        /// The last lines that it wrote.
        log: Vec<String>,
    },
    /// Nix printed something that is not what was asked for.
    #[error("`nix eval` printed something unexpected: {reason}")]
    Unexpected {
        /// What is wrong with it.
        reason: String,
    },
    /// A directory for the results could not be made.
    #[error("cannot make a directory for the results of `nix build`")]
    Directory {
        /// What the kernel said.
        source: std::io::Error,
    },
}

/// One step of an evaluation by Nix that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// In Nix's words.
    pub message: String,
    /// Where, with the file's absolute path, or a name such as `«string»` where it is not in a file.
    pub at: Option<Location>,
}

/// Systems that were built, kept from the garbage collector as long as this lives.
pub trait Built {
    /// The store path of each.
    fn systems(&self) -> &BTreeMap<ContainerName, PathBuf>;
}

/// Evaluates and builds with Nix.
pub trait Builder {
    /// All options of the containers `names`, from one evaluation.
    fn evaluate(
        &self,
        source: &Source,
        names: &[ContainerName],
    ) -> Result<BTreeMap<ContainerName, NixContainer>, BuildError>;

    /// Builds what [`evaluate`](Builder::evaluate) named.
    fn build(&self, containers: &BTreeMap<ContainerName, NixContainer>) -> Result<Box<dyn Built>, BuildError>;
}
