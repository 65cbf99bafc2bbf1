//! `check`: reports errors and probable mistakes in a configuration.

use super::configuration::Configuration;
use super::context::Context;
use super::disk::readable_around;
use super::live_host::LiveHost;
use super::load::load;
use super::only::{Scope, covered, require_known};
use super::options::ConfigOptions;
use super::ready::not_observed;
use crate::diag::{Code, Diagnostic, Severity};
use crate::lint::{self, silence::without_allowed};
use crate::modules::Guests;
use crate::source::Location;

/// All findings about a configuration except those of the lints in `allow`, and with `host` about what that lacks.
///
/// # Errors
///
/// Names of `--only` that the configuration does not have. What keeps it from being evaluated is a finding.
pub fn check(
    cx: &Context<'_>,
    config: &ConfigOptions,
    host: Option<&dyn LiveHost>,
    allow: &[Code],
) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let findings = match load(cx, config, true, Guests::All) {
        Ok(configuration) => {
            require_known(cx, configuration.manifest.containers.keys(), Scope::Configuration)?;
            let findings = all(cx, &configuration, host);
            covered(cx, &configuration, findings)
        }
        Err(findings) => findings,
    };
    Ok(without_allowed(findings, allow, cx.sources))
}

fn all(cx: &Context<'_>, configuration: &Configuration, host: Option<&dyn LiveHost>) -> Vec<Diagnostic> {
    let checked = configuration.check();
    let mut findings = configuration.findings.clone();
    findings.extend(checked.findings);
    // The other commands work without the module, so this is about what NixOS makes of the configuration.
    if configuration.declares_own_options == Some(false) && !configuration.missing_modules {
        findings.extend(lint::module_not_imported(configuration.subject()));
    }
    // The configuration is valid: it is this version that cannot apply it.
    findings.extend(
        checked.unsupported.into_iter().map(|finding| Diagnostic { severity: Severity::Warning, ..finding }),
    );
    if let Some(host) = host {
        match host.snapshot() {
            Ok(snapshot) => findings.extend(configuration.missing(&checked.spec, host, &snapshot)),
            Err(error) => findings.push(not_observed(&error)),
        }
    }
    // A finding without a position is about the whole file.
    let root = readable_around(cx.disk, &configuration.file);
    let whole =
        configuration.file.strip_prefix(&root).unwrap_or(&configuration.file).to_string_lossy().into_owned();
    for finding in &mut findings {
        if finding.labels.is_empty() && finding.location.is_none() {
            finding.location = Some(Location { file: whole.clone(), line: 1, column: 1 });
        }
    }
    findings
}
