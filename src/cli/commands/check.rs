//! `check`: all that is wrong with a configuration.

use super::fix::with_edits;
use super::ready::not_observed;
use crate::cli::args::{CheckFormat, ConfigArgs, LintArgs};
use crate::cli::configuration::{Configuration, readable_around};
use crate::cli::only::{Among, covered, must_be};
use crate::cli::{Outcome, Session};
use crate::diag::{Diagnostic, Severity, render};
use crate::host::linux::Linux;
use crate::lint::silence::without_allowed;
use crate::modules::Guests;
use crate::plan::facts;
use crate::source::Location;
use crate::state::Probe;

/// How a configuration is checked.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct How {
    /// Whether warnings fail.
    pub(in crate::cli) deny_warnings: bool,
    /// How findings are printed.
    pub(in crate::cli) format: CheckFormat,
    /// Whether this host is looked at.
    pub(in crate::cli) host: bool,
}

/// Prints the findings; fails on errors, and on warnings where they are denied.
pub(in crate::cli) fn check(session: &Session<'_>, config: &ConfigArgs, how: How, lints: &LintArgs) -> Outcome {
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

/// What is found, but for what is allowed.
pub(super) fn findings(
    session: &Session<'_>,
    config: &ConfigArgs,
    how: How,
    lints: &LintArgs,
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let findings = match Configuration::load(config, true, Guests::All, session.sources) {
        Ok(configuration) => {
            must_be(session, configuration.manifest.containers.keys(), Among::Configuration)?;
            let findings = all(&configuration, how.host);
            covered(session, &configuration, findings)
        }
        Err(findings) => findings,
    };
    Ok(without_allowed(findings, &lints.allow, session.sources))
}

/// Whether what is found fails the command.
pub(super) fn fails(findings: &[Diagnostic], how: How) -> bool {
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
    // The configuration is right; it is this version that cannot apply it.
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
    // What has no place of its own is about the whole.
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
