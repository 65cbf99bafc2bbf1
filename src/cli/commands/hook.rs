//! What the units and the activation of our NixOS module run.

use super::build::{nix, watch_signals};
use super::switch::exit_code_of;
use crate::app::{self, ConfigOptions};
use crate::cli::args::OnDegraded;
use crate::cli::session::{Outcome, Session, require_root};
use crate::diag::{Code, Diagnostic};
use crate::host::linux::Linux;
use crate::host::systemd;
use crate::plan::show;

fn config(manifest: &str) -> ConfigOptions {
    ConfigOptions { config: manifest.to_owned(), ..ConfigOptions::default() }
}

/// Brings the host to what its configuration declares.
pub(in crate::cli) fn reconcile(session: &Session<'_>, manifest: &str) -> Outcome {
    require_root("internal reconcile")?;
    watch_signals()?;
    let config = config(manifest);
    let result = app::reconcile(&session.context(), &config, (&Linux, &nix(&config)))?;
    Ok(result.map_or(0, |result| exit_code_of(&result, OnDegraded::Warn)))
}

/// Prints what `reconcile` is going to do.
pub(in crate::cli) fn plan(session: &Session<'_>, manifest: &str) -> Outcome {
    let plan = app::plan_of_host(&session.context(), &config(manifest), &Linux)?;
    session.terminal.result(&show::text(&plan, session.style()));
    Ok(0)
}

/// Hands all containers back to NixOS, unless the host is about to stop: they come back with it.
pub(in crate::cli) fn hand_back(session: &Session<'_>) -> Outcome {
    require_root("internal hand-back")?;
    let is_stopping = systemd::is_stopping().map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])?;
    if is_stopping {
        return Ok(0);
    }
    watch_signals()?;
    app::hand_back(&session.context(), &Linux)?;
    Ok(0)
}
