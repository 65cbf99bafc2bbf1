//! Saved plans: `plan --out FILE` and `switch --plan FILE`.

use std::path::Path;

use crate::app::ConfigOptions;
use crate::cli::session::Session;
use crate::diag::{Code, Diagnostic};
use crate::plan::saved::{Saved, Source};

/// Saves a plan.
pub(super) fn write(session: &Session<'_>, file: &Path, saved: &Saved) -> Result<(), Vec<Diagnostic>> {
    let mut text = serde_json::to_string_pretty(saved).expect("a plan has string keys only");
    text.push('\n');
    std::fs::write(file, text).map_err(|error| {
        vec![Diagnostic::error(Code::Unreadable, format!("cannot write {}: {error}", file.display()))]
    })?;
    let file = file.display();
    session.terminal.progress(&format!("saved to {file}: `switch --plan {file}` carries out exactly this plan"));
    Ok(())
}

/// Reads a saved plan.
pub(super) fn read(file: &Path) -> Result<Saved, Vec<Diagnostic>> {
    let failed = |error: &dyn std::fmt::Display| {
        let message = format!("{}: {error}", file.display());
        vec![Diagnostic::error(Code::Unreadable, message).help("pass a file that `plan --out FILE` wrote")]
    };
    let text = std::fs::read(file).map_err(|error| failed(&error))?;
    serde_json::from_slice(&text).map_err(|error| failed(&error))
}

/// The configuration of a saved plan, with all other options as `given`.
pub(super) fn config(given: ConfigOptions, plan: &Saved) -> ConfigOptions {
    let Source { config, include, override_input, impure, settings } = plan.source.clone();
    let pairs = override_input.into_iter().map(|(name, path)| (name, path.to_string_lossy().into_owned()));
    let nix_settings = given.nix_settings.with(settings);
    ConfigOptions { config, include, override_input: pairs.collect(), impure, nix_settings, ..given }
}
