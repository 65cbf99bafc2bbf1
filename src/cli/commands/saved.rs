//! Saved plans: `plan --out FILE` and `switch --plan FILE`.

use std::path::Path;

use crate::cli::args::ConfigArgs;
use crate::cli::configuration::absolute;
use crate::cli::{Session, failure};
use crate::diag::{Code, Diagnostic};
use crate::plan::saved::{Moved, Saved, Source};
use crate::plan::{Options, Plan};

/// Saves a plan that was made from `config` with `options`.
pub(super) fn write(
    session: &Session<'_>,
    file: &Path,
    config: &ConfigArgs,
    options: &Options,
    inputs: String,
    plan: &Plan,
) -> Result<(), Vec<Diagnostic>> {
    let saved = Saved::new(source(config), options, inputs, plan);
    let mut text = serde_json::to_string_pretty(&saved).expect("a plan has string keys only");
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

/// The configuration arguments of a saved plan, with all other arguments as `given`.
pub(super) fn config(given: &ConfigArgs, plan: &Saved) -> ConfigArgs {
    let Source { config, include, override_input, impure } = plan.source.clone();
    let pairs = override_input.into_iter().map(|(name, path)| [name, path.to_string_lossy().into_owned()]);
    ConfigArgs { config, include, override_input: pairs.flatten().collect(), impure, ..given.clone() }
}

/// The error about a saved plan that no longer holds.
pub(super) fn refused(moved: Moved) -> Vec<Diagnostic> {
    let help = "nothing was changed; make and review a new plan";
    vec![failure(Code::PlanMoved, &moved).help(help)]
}

/// The configuration arguments with absolute paths, so that they work from another directory.
fn source(config: &ConfigArgs) -> Source {
    let given = &config.config;
    let named = match given.split_once('#').filter(|_| !Path::new(given).exists()) {
        Some((path, host)) => {
            let path = if path.is_empty() { "." } else { path };
            format!("{}#{host}", absolute(path).display())
        }
        None => absolute(given).display().to_string(),
    };
    let include = config.include.iter().map(|entry| match entry.split_once('=') {
        _ if entry.contains("://") => entry.clone(),
        Some((prefix, path)) => format!("{prefix}={}", absolute(path).display()),
        None => absolute(entry).display().to_string(),
    });
    let pairs = config.override_input.chunks_exact(2);
    let override_input = pairs.map(|pair| (pair[0].clone(), absolute(&pair[1]))).collect();
    Source { config: named, include: include.collect(), override_input, impure: config.impure }
}
