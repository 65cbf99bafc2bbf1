//! The boot service: `install-boot` installs it, and systemd runs `internal boot` at each boot.

use super::build::watch_signals;
use crate::app::{LiveHost as _, Ui as _, apply_plan, failed_step, in_configuration, lock, observe, of_degraded};
use crate::apply::Host as _;
use crate::cli::session::{Outcome, Session, require_root};
use crate::diag::{Code, Diagnostic, Severity};
use crate::host::install_boot::{InstallError, install_boot};
use crate::host::linux::Linux;
use crate::plan::{self, Finding, Options, StateView};
use crate::render::paths;
use crate::state::Generation;

/// Installs the boot service.
pub(in crate::cli) fn install(session: &Session<'_>) -> Outcome {
    require_root("install-boot")?;
    let _lock = lock(&Linux)?;
    let path = install_boot().map_err(|error| {
        let diagnostic = Diagnostic::caused_by(Code::Host, &error);
        vec![match error {
            InstallError::PartOfSystem | InstallError::NotWanted(_) => diagnostic.help(in_configuration()),
            _ => diagnostic,
        }]
    })?;
    session.terminal.progress(&format!("installed {}", path.display()));
    Ok(0)
}

/// Brings up the boot generation, without evaluating anything or calling Nix. Fails unless every container comes up.
pub(in crate::cli) fn boot(session: &Session<'_>) -> Outcome {
    require_root("internal boot")?;
    let _lock = lock(&Linux)?;
    let snapshot = observe(&Linux)?;
    let Some(generation) = &snapshot.generation else {
        // Either nothing was ever applied, or the boot generation is damaged.
        return match std::fs::symlink_metadata(paths::boot_generation()) {
            Err(_) => Ok(0),
            Ok(_) => {
                let message =
                    format!("cannot read {}, so no container was started", paths::boot_generation().display());
                let help = "run `container-rebuild switch`, which writes it again and starts the containers";
                Err(vec![Diagnostic::error(Code::Host, message).help(help)])
            }
        };
    };
    if let Err(error) = Linux::new().note_booted(generation.number) {
        // Not fatal: the generation may only be pruned earlier than it should.
        tracing::warn!("{error}");
    }
    let plan = plan::plan(&StateView::host(&snapshot), &StateView::generation(generation), &Options::default());
    // A freshly booted host has no units, rules or interfaces yet, which is not drift: leave out the notes about it.
    let mut findings: Vec<Diagnostic> = plan
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note)
        .map(Finding::to_diagnostic)
        .collect();
    watch_signals()?;
    let run = session.hold();
    let report = apply_plan(&Linux, &plan, run.as_ref());
    // A degraded guest is up, so the boot does not fail because of it.
    let degraded = of_degraded(&report.degraded);
    session.terminal.findings(&degraded, session.sources);
    run.note_findings(&degraded);
    run.close();
    findings.extend(report.failed.iter().map(|(action, error)| failed_step(error, action.container())));
    if !report.skipped.is_empty() {
        findings.push(Diagnostic::error(Code::Host, format!("{} steps were skipped", report.skipped.len())));
    }
    findings.extend(down(generation));
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(findings);
    }
    session.terminal.findings(&findings, session.sources);
    Ok(0)
}

/// An error that lists the containers with `autoStart` that are not running, if there are any.
fn down(generation: &Generation) -> Option<Diagnostic> {
    let host = Linux::new();
    let starting = generation.records.iter().filter(|(_, record)| record.spec.auto_start);
    let down: Vec<&str> = starting
        .filter(|(name, _)| !host.is_running(name).unwrap_or(false))
        .map(|(name, _)| name.as_str())
        .collect();
    let message = || format!("these containers did not start at boot: {}", down.join(", "));
    let help = "`container-rebuild status` shows their state, and `container-rebuild switch` starts them";
    (!down.is_empty()).then(|| Diagnostic::error(Code::Host, message()).help(help))
}
