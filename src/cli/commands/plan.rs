//! `plan`: what `switch` would do, and why.

use crate::cli::args::{ConfigArgs, PlanFormat};
use crate::cli::configuration::Configuration;
use crate::cli::{Outcome, Session, failure};
use crate::diag::{Code, Diagnostic, Severity};
use crate::host::linux::Linux;
use crate::model::check::Checked;
use crate::plan::{self, Finding, Options, Plan, Side, facts, show};
use crate::state::{Probe, Snapshot};

/// Prints the plan against this host.
pub(in crate::cli) fn plan(
    session: &Session<'_>,
    config: &ConfigArgs,
    format: PlanFormat,
    detailed_exitcode: bool,
) -> Outcome {
    let configuration = Configuration::load(config, false, session.sources)?;
    let snapshot = observe()?;
    let configuration = configuration.with_known_systems(&snapshot);
    let checked = configuration.check();
    let mut findings = configuration.findings.clone();
    findings.extend(checked.findings.iter().cloned());
    findings.extend(checked.unsupported.iter().cloned());
    let missing = facts::missing(
        &checked.spec,
        &configuration.spans,
        &|paths| Linux::new().missing_paths(paths),
        snapshot.links.as_ref(),
    );
    // Nothing is changed here, so nothing that is missing fails it.
    findings.extend(missing.into_iter().map(|finding| Diagnostic { severity: Severity::Warning, ..finding }));
    session.terminal.findings(&findings, session.sources);
    let mut plan = between(session, &configuration, &checked, &snapshot);
    print_findings(session, &plan);
    plan.findings.splice(0..0, findings.iter().map(|finding| Finding::new(finding, session.sources)));
    match format {
        PlanFormat::Text => print(session, &plan),
        PlanFormat::Json => session.terminal.result(&show::json(&plan)),
    }
    Ok(if detailed_exitcode && !plan.is_empty() { 2 } else { 0 })
}

/// Looks at this host.
pub(in crate::cli) fn observe() -> Result<Snapshot, Vec<Diagnostic>> {
    Linux::new().snapshot().map_err(|error| vec![failure(Code::NotObserved, &error)])
}

/// The plan from the host to the configuration.
pub(in crate::cli) fn between(
    session: &Session<'_>,
    configuration: &Configuration,
    checked: &Checked,
    snapshot: &Snapshot,
) -> Plan {
    let only = &session.global.only;
    let options = Options { only: (!only.is_empty()).then(|| only.iter().cloned().collect()) };
    plan::plan(&Side::host(snapshot), &configuration.side(Some(&checked.spec)), &options)
}

/// Prints what the plan has to say about itself.
pub(in crate::cli) fn print_findings(session: &Session<'_>, plan: &Plan) {
    let findings: Vec<Diagnostic> = plan.findings.iter().map(Finding::to_diagnostic).collect();
    session.terminal.findings(&findings, session.sources);
}

/// Prints the plan for people.
pub(in crate::cli) fn print(session: &Session<'_>, plan: &Plan) {
    let fancy = session.terminal.fancy_results;
    session.terminal.result(&show::text(plan, show::Style { colour: fancy, unicode: fancy }));
}
