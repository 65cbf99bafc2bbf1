//! How to evaluate a configuration.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::syntax::LiteralLints;

/// The experimental features of Nix 2.34, sorted.
const EXPERIMENTAL_FEATURES: [&str; 21] = [
    "auto-allocate-uids",
    "blake3-hashes",
    "ca-derivations",
    "cgroups",
    "configurable-impure-env",
    "daemon-trust-override",
    "dynamic-derivations",
    "external-builders",
    "fetch-closure",
    "fetch-tree",
    "flakes",
    "git-hashing",
    "impure-derivations",
    "local-overlay-store",
    "mounted-ssh-store",
    "nix-command",
    "parse-toml-timestamps",
    "pipe-operators",
    "read-only-local-store",
    "recursive-nix",
    "verified-fetches",
];

/// The warning of Nix if it does not know an experimental feature.
pub fn unknown_feature(name: &str) -> Option<String> {
    let is_unknown = EXPERIMENTAL_FEATURES.binary_search(&name).is_err();
    is_unknown.then(|| format!("unknown experimental feature '{name}'"))
}

/// How to evaluate a configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The search path of `<name>`: prefixes, which may be empty, with their paths.
    pub search_path: Vec<(String, PathBuf)>,
    /// The directory that relative entries of a search path passed to `builtins.findFile` start from.
    pub directory: PathBuf,
    /// The environment that `builtins.getEnv` and `~` see; empty if the result must not depend on it.
    pub environment: BTreeMap<OsString, OsString>,
    /// The result of `builtins.currentTime`, in seconds; `None` if evaluations must be reproducible.
    pub current_time: Option<i64>,
    /// Make values that only nixpkgs, Nix or the network knows unknown instead of an error.
    pub unknowns: bool,
    /// Read what evaluates even if other parts of the configuration fail (`--keep-going`).
    pub keep_going: bool,
    /// Accept the operators `|>` and `<|` (Nix's experimental feature `pipe-operators`).
    pub pipe_operators: bool,
    /// The levels of Nix's lints for literals.
    pub literal_lints: LiteralLints,
    /// Evaluate purely, as Nix evaluates a flake without `--impure`: without the environment, the current time and the
    /// current system.
    pub pure: bool,
    /// Accept flake references (Nix's experimental feature `flakes`).
    pub flakes: bool,
    /// Let `fromTOML` accept dates and times (Nix's experimental feature `parse-toml-timestamps`).
    pub toml_timestamps: bool,
    /// Receives each message of `builtins.trace` and `builtins.warn`.
    pub log: Option<fn(&str)>,
    /// Nix's `max-call-depth`.
    pub max_call_depth: u32,
    /// How many bytes the evaluation may use.
    pub most_memory: usize,
    /// Set from outside when the evaluation has taken too long.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Settings {
    /// Enables an experimental feature, if it concerns the language.
    pub fn enable(&mut self, feature: &str) {
        match feature {
            "flakes" => self.flakes = true,
            "parse-toml-timestamps" => self.toml_timestamps = true,
            "pipe-operators" => self.pipe_operators = true,
            _ => {}
        }
    }

    /// Whether files added to the store can be read there. Nix writes them when it evaluates a system, but not for an
    /// expression (`nix-instantiate --eval`).
    pub(super) fn reads_copies(&self) -> bool {
        self.unknowns
    }

    /// Whether flake references are accepted. While a configuration is evaluated they always are: it may be a flake.
    pub(super) fn has_flakes(&self) -> bool {
        self.flakes || self.unknowns
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            search_path: Vec::new(),
            directory: PathBuf::from("/"),
            environment: BTreeMap::new(),
            current_time: None,
            unknowns: false,
            keep_going: false,
            pipe_operators: false,
            literal_lints: LiteralLints::default(),
            pure: false,
            flakes: false,
            toml_timestamps: false,
            log: None,
            max_call_depth: 10_000,
            most_memory: 8 << 30,
            stop: None,
        }
    }
}
