//! Nix's settings that concern the language, from flags and from Nix's own files.
//!
//! In nix.conf(5)'s order: the system's `nix.conf`, the user's, `NIX_CONFIG`, then the command line. A later setting
//! replaces an earlier one, but `extra-experimental-features` adds to it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use crate::eval::{self, Settings};
use crate::source::Files;
use crate::syntax::{LintLevel, LiteralLints};

/// The maximum depth of files that include each other.
const DEEPEST: u32 = 8;

/// The language settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NixSettings {
    features: Vec<String>,
    lints: LiteralLints,
    max_call_depth: Option<u32>,
    /// The settings of the command line, names and values: all of them, since they are passed on to Nix.
    pub given: Vec<(String, String)>,
    /// The warnings that Nix would print.
    pub warnings: Vec<String>,
}

impl NixSettings {
    /// Loads the settings from the command line (names and values) and, unless this is `restricted`, from Nix's files
    /// and the environment.
    pub fn load(
        given: Vec<(String, String)>,
        environment: &Environment,
        files: &dyn Files,
        restricted: bool,
    ) -> Self {
        let mut settings = Self::default();
        if !restricted {
            for file in paths(environment) {
                settings.file(files, &file, 0);
            }
            if let Some(text) = environment.variable("NIX_CONFIG") {
                settings.text(files, text, Path::new("/"), DEEPEST);
            }
        }
        if let Some(at) = settings.features.iter().position(|name| name == "no-url-literals") {
            settings.features.remove(at);
            let instead = "use 'lint-url-literals = fatal' setting instead";
            settings
                .warnings
                .push(format!("experimental feature 'no-url-literals' has been stabilized and renamed; {instead}"));
        }
        let mut settings = settings.with(given);
        let mut unknown: Vec<_> = settings.features.iter().filter_map(|name| eval::unknown_feature(name)).collect();
        unknown.sort();
        unknown.dedup();
        settings.warnings.extend(unknown);
        settings
    }

    /// Those of the command line's settings that a saved plan keeps: the ones that its evaluation depends on. Others may
    /// be secrets (`access-tokens`), and belong to the run that builds.
    pub(super) fn to_save(&self) -> Vec<(String, String)> {
        let concerns_language = |name: &str| {
            name.ends_with("experimental-features") || name.ends_with("-literals") || name == "max-call-depth"
        };
        self.given.iter().filter(|(name, _)| concerns_language(name)).cloned().collect()
    }

    /// Adds settings as if they were the last of the command line.
    pub(crate) fn with(mut self, given: Vec<(String, String)>) -> Self {
        for (name, value) in &given {
            self.set(name, value);
        }
        self.given.extend(given);
        self
    }

    /// Applies these settings to the evaluator's.
    pub fn apply(&self, to: Settings) -> Settings {
        let max_call_depth = self.max_call_depth.unwrap_or(to.max_call_depth);
        let mut settings = Settings { literal_lints: self.lints, max_call_depth, ..to };
        self.features.iter().for_each(|feature| settings.enable(feature));
        settings
    }

    fn file(&mut self, files: &dyn Files, file: &Path, depth: u32) {
        if let Some(text) = files.read(file).ok().and_then(|text| String::from_utf8(text).ok()) {
            self.text(files, &text, file.parent().unwrap_or(Path::new("/")), depth);
        }
    }

    /// Applies the lines of a settings file in order.
    fn text(&mut self, files: &dyn Files, text: &str, directory: &Path, depth: u32) {
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Some((name, value)) = line.split_once('=') {
                self.set(name.trim(), value.trim());
            } else if let Some(file) = line.strip_prefix("include ").or_else(|| line.strip_prefix("!include "))
                && depth < DEEPEST
            {
                self.file(files, &directory.join(file.trim()), depth + 1);
            }
        }
    }

    /// Applies one setting, if it concerns the language.
    fn set(&mut self, name: &str, value: &str) {
        let words = || value.split_whitespace().map(str::to_owned);
        match name {
            "experimental-features" => self.features = words().collect(),
            "extra-experimental-features" => self.features.extend(words()),
            "lint-url-literals" => self.set_lint(name, value, |lints| &mut lints.url),
            "lint-short-path-literals" => self.set_lint(name, value, |lints| &mut lints.short_path),
            "lint-absolute-path-literals" => self.set_lint(name, value, |lints| &mut lints.absolute_path),
            "warn-short-path-literals" if value == "true" => {
                let instead = "use 'lint-short-path-literals = warn' instead";
                self.warnings.push(format!("'{name}' is deprecated, {instead}"));
                self.lints.short_path = LintLevel::Warn;
            }
            "max-call-depth" => match value.parse() {
                Ok(depth) => self.max_call_depth = Some(depth),
                Err(_) => self.warnings.push(format!("setting '{name}' has invalid value '{value}'")),
            },
            _ => {}
        }
    }

    fn set_lint(&mut self, name: &str, value: &str, lint: fn(&mut LiteralLints) -> &mut LintLevel) {
        let level = match value {
            "ignore" => LintLevel::Ignore,
            "warn" => LintLevel::Warn,
            "fatal" => LintLevel::Fatal,
            _ => {
                let expected = "expected 'ignore', 'warn', or 'fatal'";
                self.warnings.push(format!("option '{name}' has invalid value '{value}' ({expected})"));
                return;
            }
        };
        *lint(&mut self.lints) = level;
    }
}

/// Nix's settings files, the system's first.
fn paths(environment: &Environment) -> Vec<PathBuf> {
    let variable = |name: &str| {
        let value = environment.variables.get(OsStr::new(name)).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    let system = variable("NIX_CONF_DIR").unwrap_or_else(|| PathBuf::from("/etc/nix"));
    let mut files = vec![system.join("nix.conf")];
    match environment.variable("NIX_USER_CONF_FILES") {
        // The first file takes precedence, so it is read last.
        Some(paths) => files.extend(paths.split(':').rev().map(PathBuf::from)),
        None => {
            let home = variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")));
            files.extend(home.map(|home| home.join("nix/nix.conf")));
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemoryFiles;

    fn settings(text: &str) -> NixSettings {
        let mut settings = NixSettings::default();
        settings.text(&MemoryFiles::new(), text, Path::new("/nowhere"), 0);
        settings
    }

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
            assert_eq!(settings(text).features, expected, "{text}");
        }
    }

    #[test]
    fn lints_have_three_levels_and_other_values_cause_a_warning() {
        let read = settings("lint-url-literals = fatal\nlint-absolute-path-literals=warn\nmax-call-depth = 12\n");
        assert_eq!((read.lints.url, read.lints.short_path), (LintLevel::Fatal, LintLevel::Ignore));
        assert_eq!((read.lints.absolute_path, read.max_call_depth), (LintLevel::Warn, Some(12)));
        assert!(read.warnings.is_empty(), "{:?}", read.warnings);
        let read = settings("lint-url-literals = maybe\nwarn-short-path-literals = true\n");
        assert_eq!((read.lints.url, read.lints.short_path), (LintLevel::Ignore, LintLevel::Warn));
        assert_eq!(
            read.warnings,
            [
                "option 'lint-url-literals' has invalid value 'maybe' (expected 'ignore', 'warn', or 'fatal')",
                "'warn-short-path-literals' is deprecated, use 'lint-short-path-literals = warn' instead"
            ]
        );
    }

    #[test]
    fn settings_include_each_other_to_a_depth() {
        let files = MemoryFiles::new()
            .with("/etc/nix/nix.conf", "include more.conf\n!include absent.conf\n")
            .with("/etc/nix/more.conf", "extra-experimental-features = pipe-operators\ninclude nix.conf\n");
        let settings = NixSettings::load(Vec::new(), &Environment::default(), &files, false);
        let settings = settings.apply(Settings::default());
        assert!(settings.pipe_operators && !settings.flakes);
    }
}
