//! Which configuration to read, and how.

use std::path::PathBuf;

use super::environment::Environment;
use super::nix_settings::NixSettings;

/// The configuration, and how to read it.
#[derive(Debug, Clone, Default)]
pub struct ConfigOptions {
    /// CONFIG as given: a path with an optional `#HOST` (contract §2).
    pub config: String,
    /// `-I` entries, `NAME=PATH` or `PATH`.
    pub include: Vec<String>,
    /// Flake inputs to replace: names and paths, as given.
    pub override_input: Vec<(String, String)>,
    /// Whether to read only around the configuration, and to ignore the environment.
    pub restrict: bool,
    /// Whether to read everything even if the workflow restricts reading by default.
    pub no_restrict: bool,
    /// Whether a flake may access its environment.
    pub impure: bool,
    /// The most memory of the evaluation, in MiB.
    pub max_memory: Option<usize>,
    /// The most time of the evaluation, in seconds.
    pub max_time: Option<u64>,
    /// Whether to use what evaluates even if other parts fail.
    pub keep_going: bool,
    /// The settings of the language.
    pub nix_settings: NixSettings,
}

impl ConfigOptions {
    /// The overridden inputs with absolute paths.
    pub(super) fn overrides(&self, environment: &Environment) -> Vec<(String, PathBuf)> {
        let path = |text: &str| environment.absolute(text.strip_prefix("path:").unwrap_or(text));
        self.override_input.iter().map(|(name, text)| (name.clone(), path(text))).collect()
    }

    /// The search path: `-I`, then `NIX_PATH`, as pairs of prefix and absolute path. URLs are skipped, since nothing is
    /// downloaded.
    pub(super) fn search_path(&self, environment: &Environment, restricted: bool) -> Vec<(String, PathBuf)> {
        let given = self.search_path_as_given(environment, restricted).into_iter();
        given.map(|(prefix, path)| (prefix, environment.absolute(path))).collect()
    }

    /// The search path with relative paths, which `builtins.nixPath` prints as given.
    pub fn search_path_as_given(&self, environment: &Environment, restricted: bool) -> Vec<(String, PathBuf)> {
        let inherited = if restricted { None } else { environment.variable("NIX_PATH") };
        let inherited = inherited.unwrap_or_default().split(':').filter(|entry| !entry.is_empty());
        self.include
            .iter()
            .map(String::as_str)
            .chain(inherited)
            .filter(|entry| !entry.contains("://"))
            .map(|entry| match entry.split_once('=') {
                Some((prefix, path)) => (prefix.to_owned(), PathBuf::from(path)),
                None => (String::new(), PathBuf::from(entry)),
            })
            .collect()
    }
}
