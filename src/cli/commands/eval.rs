//! `eval`: the typed model as JSON.

use crate::cli::args::ConfigArgs;
use crate::cli::configuration::Configuration;
use crate::cli::{Outcome, Session};

/// Prints the model; `positions` adds where each option is set.
pub(in crate::cli) fn eval(session: &Session<'_>, config: &ConfigArgs, positions: bool) -> Outcome {
    let configuration = Configuration::load(config, false, session.sources)?;
    session.terminal.findings(&configuration.findings, session.sources);
    let mut manifest = configuration.manifest;
    if !positions {
        manifest.positions = None;
    }
    // Through a value: its keys are sorted.
    let json = serde_json::to_value(&manifest).expect("the model has string keys only");
    session.terminal.result(&format!("{json:#}\n"));
    Ok(0)
}
