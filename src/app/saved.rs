//! Saved plans: `plan --out FILE` and `switch --plan FILE`.

use std::path::Path;

use super::disk::Disk;
use super::options::ConfigOptions;
use crate::diag::{Code, Diagnostic};
use crate::plan::saved::{Saved, Source};

/// Saves a plan in `file`.
///
/// # Errors
///
/// If the file cannot be written.
pub fn save_plan(disk: &dyn Disk, file: &Path, plan: &Saved) -> Result<(), Vec<Diagnostic>> {
    let mut text = serde_json::to_string_pretty(plan).expect("a plan has string keys only");
    text.push('\n');
    disk.write(file, text.as_bytes()).map_err(|error| {
        vec![Diagnostic::error(Code::Unreadable, format!("cannot write {}: {error}", file.display()))]
    })
}

/// Reads a plan that [`save_plan`] saved.
///
/// # Errors
///
/// If the file cannot be read, or is not a saved plan.
pub fn saved_plan(disk: &dyn Disk, file: &Path) -> Result<Saved, Vec<Diagnostic>> {
    let failed = |error: &dyn std::fmt::Display| {
        let message = format!("{}: {error}", file.display());
        vec![Diagnostic::error(Code::Unreadable, message).help("pass a file that `plan --out FILE` wrote")]
    };
    let text = disk.files().read(file).map_err(|error| failed(&error))?;
    serde_json::from_slice(&text).map_err(|error| failed(&error))
}

/// The configuration of a saved plan, with all other options as `given`.
pub fn config_of_plan(given: ConfigOptions, plan: &Saved) -> ConfigOptions {
    let Source { config, include, override_input, impure, settings } = plan.source.clone();
    let pairs = override_input.into_iter().map(|(name, path)| (name, path.to_string_lossy().into_owned()));
    let nix_settings = given.nix_settings.with(settings);
    ConfigOptions { config, include, override_input: pairs.collect(), impure, nix_settings, ..given }
}
