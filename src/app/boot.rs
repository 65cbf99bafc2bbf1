//! Starts the containers when the host boots.

use super::carry_out::apply_plan;
use super::context::Context;
use super::findings::{failed_step, of_degraded};
use super::live_host::LiveHost;
use super::plan::observe;
use super::ready::{lock, not_observed};
use super::stage::Stage;
use crate::diag::{Code, Diagnostic, Severity};
use crate::plan::{self, Finding, Options, StateView};
use crate::render::paths;
use crate::state::{Activation, Generation};

/// Brings up the boot generation, without evaluating anything or calling Nix.
///
/// # Errors
///
/// If the generation cannot be read, a step fails, or a container with `autoStart` is not running in the end.
pub fn boot(cx: &Context<'_>, host: &dyn LiveHost) -> Result<(), Vec<Diagnostic>> {
    let _lock = lock(host)?;
    let snapshot = observe(host)?;
    // What is current may have been tested, or nothing; what boots is another generation then.
    let boots = match snapshot.boot_generation {
        Some(number) if snapshot.generation.as_ref().is_none_or(|current| current.number != number) => {
            host.generation(number).map_err(|error| vec![not_observed(&error)])?
        }
        Some(_) => snapshot.generation.clone(),
        None => None,
    };
    let Some(generation) = &boots else {
        if !snapshot.is_generation_lost && snapshot.boot_generation.is_none() {
            // Nothing was ever applied.
            return Ok(());
        }
        let message = format!("cannot read {}, so no container was started", paths::boot_generation().display());
        let help = "run `container-rebuild switch`, which writes it again and starts the containers";
        return Err(vec![Diagnostic::error(Code::Host, message).help(help)]);
    };
    if let Err(error) = host.note_booted(generation.number) {
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
    let _stage = Stage::Apply.begin();
    let run = cx.ui.hold();
    // At boot, there is no former state to go back to, and other units may be waiting.
    let report = apply_plan(host, &plan, run.as_ref(), (true, false));
    // A degraded guest is up, so the boot does not fail because of it.
    let degraded = of_degraded(&report.degraded);
    cx.ui.findings(&degraded);
    run.note_findings(&degraded);
    run.close();
    findings.extend(report.failed.iter().map(|(action, error)| failed_step(error, action.container())));
    if !report.skipped.is_empty() {
        findings.push(Diagnostic::error(Code::Host, format!("{} steps were skipped", report.skipped.len())));
    }
    findings.extend(down(host, generation));
    if let Err(error) = host.activate_generation(generation.number, Activation::Test) {
        findings.push(Diagnostic::caused_by(Code::Host, &error));
    }
    host.follow(&plan.interfaces.restored_after);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(findings);
    }
    cx.ui.findings(&findings);
    Ok(())
}

/// An error that lists the containers with `autoStart` that are not running, if there are any.
fn down(host: &dyn LiveHost, generation: &Generation) -> Option<Diagnostic> {
    let starting = generation.records.iter().filter(|(_, record)| record.spec.auto_start);
    let down: Vec<&str> = starting
        .filter(|(name, _)| !host.is_running(name).unwrap_or(false))
        .map(|(name, _)| name.as_str())
        .collect();
    let message = || format!("these containers did not start at boot: {}", down.join(", "));
    let help = "`container-rebuild status` shows their state, and `container-rebuild switch` starts them";
    (!down.is_empty()).then(|| Diagnostic::error(Code::Host, message()).help(help))
}
