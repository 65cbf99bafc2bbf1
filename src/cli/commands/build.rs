//! `build`: builds guest systems with Nix, and prints their store paths.

use crate::app::{self, ConfigOptions};
use crate::cli::args::{ConfigArgs, LintArgs};
use crate::cli::interrupt;
use crate::cli::progress;
use crate::cli::session::{Outcome, Session};
use crate::diag::{Code, Diagnostic};
use crate::host::nix::{Nix, Said};

/// Builds the systems of all containers and prints their store paths.
pub(in crate::cli) fn build(session: &Session<'_>, config: &ConfigArgs, lints: &LintArgs) -> Outcome {
    watch_signals()?;
    let config = session.config(config);
    let built = app::build(&session.context(), &config, &nix(&config), &lints.allow)?;
    let lines = built.systems.iter().map(|(name, system)| format!("{name} {system}\n"));
    session.terminal.result(&lines.collect::<String>());
    Ok(0)
}

/// Handles signals from now on, so that no child process outlives us.
pub(super) fn watch_signals() -> Result<(), Vec<Diagnostic>> {
    interrupt::watch().map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])
}

/// Nix, run as the user who ran sudo, with the settings of our command line. What it logs is logged, and how far it is shown.
pub(super) fn nix(config: &ConfigOptions) -> Nix {
    Nix::as_invoker(config.nix_settings.given.clone(), |said| match said {
        Said::Line(line) => tracing::info!("{line}"),
        Said::Counted(counts) => progress::count(counts.to_string()),
    })
}
