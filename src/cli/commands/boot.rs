//! The boot service: installed by `install-boot`, run by systemd.

use super::build::watch_signals;
use super::plan::{observe, print_findings};
use super::switch::{exe, lock, run};
use crate::cli::log::Log;
use crate::cli::{Outcome, Session, failure, interrupt, output, require_root};
use crate::diag::{Code, Diagnostic};
use crate::host::install_boot::{InstallError, install_boot};
use crate::host::linux::Linux;
use crate::plan::{self, Options, Side};
use crate::render::paths;

/// Installs the service.
pub(in crate::cli) fn install(session: &Session<'_>) -> Outcome {
    require_root("install-boot")?;
    let path = install_boot(&exe()?).map_err(|error| {
        let diagnostic = failure(Code::Host, &error);
        vec![match error {
            InstallError::Write { .. } => diagnostic.help(
                "on NixOS units are part of the system: import the container-rebuild module into the configuration",
            ),
            InstallError::NoSystemd | InstallError::Enable { .. } => diagnostic,
        }]
    })?;
    session.terminal.progress(&format!("installed {}", path.display()));
    Ok(0)
}

/// Brings up what was last applied: no evaluation, no Nix.
pub(in crate::cli) fn boot(session: &Session<'_>) -> Outcome {
    require_root("internal boot")?;
    let _lock = lock()?;
    let snapshot = observe()?;
    let Some(generation) = &snapshot.generation else {
        // Nothing was ever applied; or it was, and what says so is damaged.
        return match std::fs::symlink_metadata(paths::boot_generation()) {
            Err(_) => Ok(0),
            Ok(_) => {
                let message =
                    format!("{} cannot be read, so no container was started", paths::boot_generation().display());
                let help = "`container-rebuild switch` writes it anew and starts them";
                Err(vec![Diagnostic::error(Code::Host, message).help(help)])
            }
        };
    };
    if let Err(error) = Linux::new().note_booted(generation.number) {
        // It may be dropped as an old one therefore, once there are newer ones.
        tracing::warn!("{error}");
    }
    let plan = plan::plan(&Side::host(&snapshot), &Side::generation(generation), &Options::default());
    print_findings(session, &plan);
    watch_signals()?;
    let log = Log::new(session.terminal);
    interrupt::hold(&log);
    output::hold_nothing_up();
    let report = run(session, &plan, &exe()?, &log);
    log.close();
    if report.is_complete() {
        return Ok(0);
    }
    let mut findings: Vec<_> = report.failed.iter().map(|(_, error)| failure(Code::Host, error)).collect();
    if !report.skipped.is_empty() {
        findings.push(Diagnostic::error(Code::Host, format!("{} steps were not done", report.skipped.len())));
    }
    Err(findings)
}
