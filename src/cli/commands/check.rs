//! `check`: reports errors and probable mistakes in a configuration.

use crate::app::{self, ConfigOptions, LiveHost, with_edits};
use crate::cli::args::{CheckFormat, LintArgs};
use crate::cli::session::{Outcome, Session};
use crate::diag::{Diagnostic, Severity, render};
use crate::host::linux::Linux;

/// The options of `check`.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct CheckOptions {
    /// Whether warnings fail the command.
    pub(in crate::cli) deny_warnings: bool,
    /// The output format.
    pub(in crate::cli) format: CheckFormat,
    /// Whether to check this host as well.
    pub(in crate::cli) host: bool,
}

impl CheckOptions {
    /// This host, if it is checked as well.
    pub(super) fn host(self) -> Option<&'static dyn LiveHost> {
        self.host.then_some(&Linux)
    }
}

/// Prints the findings. Fails on errors, and on warnings if they are denied.
pub(in crate::cli) fn check(
    session: &Session<'_>,
    config: &ConfigOptions,
    how: CheckOptions,
    lints: &LintArgs,
) -> Outcome {
    let found = app::check(&session.context(), config, how.host(), &lints.allow)?;
    match how.format {
        CheckFormat::Text => session.terminal.findings(&found, session.sources),
        CheckFormat::Json => {
            let findings: Vec<_> = found.iter().map(|finding| render::finding(finding, session.sources)).collect();
            let json = serde_json::json!({ "format_version": 1, "diagnostics": findings });
            session.terminal.result(&format!("{json:#}\n"));
        }
        CheckFormat::Sarif => {
            let log = render::sarif(&with_edits(found.clone(), session.sources), session.sources);
            session.terminal.result(&format!("{log:#}\n"));
        }
    }
    Ok(u8::from(fails(&found, how)))
}

/// Whether these findings fail the command.
pub(super) fn fails(findings: &[Diagnostic], how: CheckOptions) -> bool {
    match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Error) => true,
        Some(Severity::Warning) => how.deny_warnings,
        Some(Severity::Note) | None => false,
    }
}
