//! `check`: reports errors and probable mistakes in a configuration.

use super::fix::with_edits;
use super::ready::not_observed;
use crate::cli::args::{CheckFormat, ConfigArgs, LintArgs};
use crate::cli::configuration::{Configuration, readable_around};
use crate::cli::only::{Scope, covered, require_known};
use crate::cli::{Outcome, Session};
use crate::diag::{Diagnostic, Severity, render};
use crate::host::linux::Linux;
use crate::lint::silence::without_allowed;
use crate::modules::Guests;
use crate::plan::facts;
use crate::source::Location;
use crate::state::Probe;

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

/// Prints the findings. Fails on errors, and on warnings if they are denied.
pub(in crate::cli) fn check(
    session: &Session<'_>,
    config: &ConfigArgs,
    how: CheckOptions,
    lints: &LintArgs,
) -> Outcome {
    let found = findings(session, config, how, lints)?;
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

/// All findings, except those that the user allows.
pub(super) fn findings(
    session: &Session<'_>,
    config: &ConfigArgs,
    how: CheckOptions,
    lints: &LintArgs,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let findings = match Configuration::load(config, true, Guests::All, session.sources) {
        Ok(configuration) => {
            require_known(session, configuration.manifest.containers.keys(), Scope::Configuration)?;
            let findings = all(&configuration, how.host);
            covered(session, &configuration, findings)
        }
        Err(findings) => findings,
    };
    Ok(without_allowed(findings, &lints.allow, session.sources))
}

/// Whether these findings fail the command.
pub(super) fn fails(findings: &[Diagnostic], how: CheckOptions) -> bool {
    match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Error) => true,
        Some(Severity::Warning) => how.deny_warnings,
        Some(Severity::Note) | None => false,
    }
}

fn all(configuration: &Configuration, host: bool) -> Vec<Diagnostic> {
    let checked = configuration.check();
    let mut findings = configuration.findings.clone();
    findings.extend(checked.findings);
    // The configuration is valid: it is this version that cannot apply it.
    findings.extend(
        checked.unsupported.into_iter().map(|finding| Diagnostic { severity: Severity::Warning, ..finding }),
    );
    if host {
        match Linux::new().snapshot() {
            Ok(snapshot) => findings.extend(facts::missing(
                &configuration.manifest,
                &checked.spec,
                &configuration.spans,
                &Linux::new(),
                &snapshot,
            )),
            Err(error) => findings.push(not_observed(&error)),
        }
    }
    // A finding without a position is about the whole file.
    let root = readable_around(&configuration.file);
    let whole =
        configuration.file.strip_prefix(&root).unwrap_or(&configuration.file).to_string_lossy().into_owned();
    for finding in &mut findings {
        if finding.labels.is_empty() && finding.location.is_none() {
            finding.location = Some(Location { file: whole.clone(), line: 1, column: 1 });
        }
    }
    findings
}
