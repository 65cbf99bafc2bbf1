//! Experimental features of the language: by flags, and as Nix's own settings have them.
//!
//! Source: nix.conf(5): the system's `nix.conf`, the user's, `NIX_CONFIG`, then the command line; `experimental-features` sets
//! them and `extra-experimental-features` adds to them. Names that do not bear on the language are let pass.

use std::path::{Path, PathBuf};

use super::args::{ConfigArgs, Feature};

/// Files that include each other are read to this depth.
const DEEPEST: u32 = 8;

/// The features that are enabled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Features(Vec<String>);

impl Features {
    /// Those of the command line, and of Nix's settings unless nothing of the environment counts (`--restrict`).
    pub(super) fn of(config: &ConfigArgs, isolated: bool) -> Self {
        let mut features = Self::default();
        if !isolated {
            for file in files() {
                features.file(&file, 0);
            }
            if let Ok(text) = std::env::var("NIX_CONFIG") {
                features.settings(&text, Path::new("/"), DEEPEST);
            }
        }
        features.0.extend(config.extra_experimental_features.iter().map(|feature| feature.name().to_owned()));
        features
    }

    /// Whether a feature is enabled.
    pub(super) fn has(&self, feature: Feature) -> bool {
        self.0.iter().any(|name| name == feature.name())
    }

    fn file(&mut self, file: &Path, depth: u32) {
        if let Ok(text) = std::fs::read_to_string(file) {
            self.settings(&text, file.parent().unwrap_or(Path::new("/")), depth);
        }
    }

    /// What the lines of settings say, in their order.
    fn settings(&mut self, text: &str, folder: &Path, depth: u32) {
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (Some("include" | "!include"), Some(file)) if depth < DEEPEST => {
                    self.file(&folder.join(file), depth + 1);
                }
                (Some("experimental-features"), Some("=")) => self.0 = words.map(str::to_owned).collect(),
                (Some("extra-experimental-features"), Some("=")) => self.0.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
    }
}

/// Nix's settings files, the system's first.
fn files() -> Vec<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let system = variable("NIX_CONF_DIR").unwrap_or_else(|| PathBuf::from("/etc/nix"));
    let mut files = vec![system.join("nix.conf")];
    match std::env::var("NIX_USER_CONF_FILES") {
        // The first one counts most, so it is read last.
        Ok(paths) => files.extend(paths.split(':').rev().map(PathBuf::from)),
        Err(_) => {
            let home = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
            files.extend(home.map(|home| home.join("nix/nix.conf")));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_set_features_and_add_to_them() {
        for (text, expected) in [
            ("experimental-features = pipe-operators flakes", &["pipe-operators", "flakes"][..]),
            ("extra-experimental-features = pipe-operators # all of them\n", &["pipe-operators"]),
            (
                "experimental-features = flakes\nextra-experimental-features = pipe-operators",
                &["flakes", "pipe-operators"],
            ),
            ("extra-experimental-features = pipe-operators\nexperimental-features =", &[]),
            ("# experimental-features = flakes\nsubstituters = x", &[]),
            ("include\n!include\n= x\n", &[]),
        ] {
            let mut features = Features::default();
            features.settings(text, Path::new("/nowhere"), 0);
            assert_eq!(features.0, expected, "{text}");
        }
    }

    #[test]
    fn settings_include_each_other_to_a_depth() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
        write("nix.conf", "include more.conf\n!include absent.conf\n");
        write("more.conf", "extra-experimental-features = pipe-operators\ninclude nix.conf\n");
        let mut features = Features::default();
        features.file(&folder.path().join("nix.conf"), 0);
        assert!(features.has(Feature::PipeOperators) && !features.has(Feature::Flakes), "{features:?}");
    }
}
