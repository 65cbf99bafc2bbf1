//! `plan`: shows what `switch` would do, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::fix::with_edits;
use super::ready::{not_observed, obstacles};
use super::saved;
use crate::cli::against;
use crate::cli::args::{ConfigArgs, LintArgs, PlanArgs, PlanFormat};
use crate::cli::configuration::Configuration;
use crate::cli::only::{Scope, covered, names, require_known};
use crate::cli::{Outcome, Session};
use crate::diag::{Diagnostic, Severity};
use crate::host::linux::Linux;
use crate::lint::silence::without_allowed;
use crate::model::check::Checked;
use crate::model::unknown_rules::unknown_rules;
use crate::modules::Guests;
use crate::plan::show::hosts;
use crate::plan::{self, Endpoint, EndpointKind, Finding, Options, Plan, RestartMode, StateView, facts, show};
use crate::state::{Probe, Snapshot};

/// Prints the plan from this host, or from the state that `--from` names.
pub(in crate::cli) fn plan(
    session: &Session<'_>,
    config: &ConfigArgs,
    options: &PlanArgs,
    lints: &LintArgs,
) -> Outcome {
    let mode = options.restart.restart_mode.into();
    if let (true, Some(from)) = (options.all_hosts, &options.from) {
        return all_hosts(session, config, from, options, lints);
    }
    let (plan, findings) = match &options.from {
        Some(from) => offline(session, config, from, mode)?,
        None => {
            let Live { plan, findings, inputs } = live(session, config, mode, options.out.is_some())?;
            if let (Some(file), Some(inputs)) = (&options.out, inputs) {
                saved::write(session, file, config, &self::options(session, mode), inputs, &plan)?;
            }
            (plan, findings)
        }
    };
    let plan = with_findings(session, plan, findings, lints);
    match options.format {
        PlanFormat::Text => print(session, &plan),
        PlanFormat::Json => session.terminal.result(&show::json(&plan)),
        PlanFormat::Markdown => session.terminal.result(&show::markdown(&plan)),
        PlanFormat::Dot => session.terminal.result(&show::dot(&plan)),
    }
    Ok(if options.detailed_exitcode && !plan.is_empty() { 2 } else { 0 })
}

/// Prints the findings about the configuration and the plan, and returns the plan with all of them.
fn with_findings(session: &Session<'_>, mut plan: Plan, findings: Vec<Diagnostic>, lints: &LintArgs) -> Plan {
    let findings = with_edits(without_allowed(findings, &lints.allow, session.sources), session.sources);
    session.terminal.findings(&findings, session.sources);
    print_findings(session, &plan);
    plan.findings.splice(0..0, findings.iter().map(|finding| Finding::new(finding, session.sources)));
    plan
}

/// Prints the plans for all hosts of a flake.
fn all_hosts(
    session: &Session<'_>,
    config: &ConfigArgs,
    from: &str,
    options: &PlanArgs,
    lints: &LintArgs,
) -> Outcome {
    let (mut plans, mut names) = (BTreeMap::new(), BTreeSet::new());
    let how = self::options(session, options.restart.restart_mode.into());
    let (hosts, notes) = against::hosts(config, from, session.sources)?;
    // Otherwise the plan of each host has these notes as well.
    if hosts.is_empty() {
        session.terminal.findings(&notes, session.sources);
    }
    for (host, there) in hosts {
        let (before, after) = against::sides_of_host(config, from, (&host, there), session.sources)?;
        let before = before.side(session.sources);
        names.extend(before.names().cloned());
        names.extend(after.iter().flat_map(|after| after.manifest.containers.keys().cloned()));
        let (plan, findings) = match after {
            Some(after) => {
                let checked = after.check();
                (
                    plan::plan(&before, &after.side(Some(&checked.spec), session.sources), &how),
                    findings(session, &after, &checked),
                )
            }
            None => {
                let endpoint = Endpoint { kind: EndpointKind::File, name: config.config.clone() };
                (plan::plan(&before, &StateView::absent(endpoint, &format!("the host `{host}`")), &how), Vec::new())
            }
        };
        let plan = with_findings(session, plan, findings, lints);
        plans.insert(host, plan);
    }
    require_known(session, &names, Scope::BothSides)?;
    session.terminal.result(&match options.format {
        PlanFormat::Text => hosts::text(&plans, style(session)),
        PlanFormat::Json => hosts::json(&plans),
        PlanFormat::Markdown => hosts::markdown(&plans),
        PlanFormat::Dot => plans.values().map(show::dot).collect(),
    });
    let changes = plans.values().any(|plan| !plan.is_empty());
    Ok(if options.detailed_exitcode && changes { 2 } else { 0 })
}

/// The result of [`live`].
struct Live {
    plan: Plan,
    /// The findings about the configuration and the host.
    findings: Vec<Diagnostic>,
    /// The hash of its inputs, if the plan is to be saved.
    inputs: Option<String>,
}

/// Plans from this host; `save` says whether the plan will be saved.
fn live(
    session: &Session<'_>,
    config: &ConfigArgs,
    restart_mode: RestartMode,
    save: bool,
) -> Result<Live, Vec<Diagnostic>> {
    // The two are independent, and observing the host takes a while.
    let (configuration, snapshot) = std::thread::scope(|scope| {
        let snapshot = scope.spawn(observe);
        (Configuration::load(config, false, Guests::All, session.sources), snapshot.join())
    });
    let configuration = configuration?;
    let snapshot = snapshot.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let inputs = save.then(|| configuration.inputs());
    let configuration = configuration.with_known_systems(&snapshot);
    let checked = configuration.check();
    require_known(session, names(&configuration, &snapshot), Scope::ConfigurationAndHost)?;
    let mut findings = findings(session, &configuration, &checked);
    let missing =
        facts::missing(&configuration.manifest, &checked.spec, &configuration.spans, &Linux::new(), &snapshot);
    // `plan` changes nothing, so a missing path or interface does not fail it.
    let missing = missing.into_iter().map(|finding| Diagnostic { severity: Severity::Warning, ..finding });
    findings.extend(covered(session, &configuration, missing.collect()));
    let plan = between(session, &configuration, &checked, &snapshot, restart_mode);
    let obstacles = obstacles(&configuration, &snapshot, &plan).into_iter();
    findings.extend(obstacles.map(|obstacle| Diagnostic { severity: Severity::Warning, ..obstacle }));
    // Skips the destructors, as in `offline`.
    std::mem::forget((configuration, checked, snapshot));
    Ok(Live { plan, findings, inputs })
}

/// Plans from another configuration, or another revision of this one, without looking at the host.
fn offline(
    session: &Session<'_>,
    config: &ConfigArgs,
    from: &str,
    restart_mode: RestartMode,
) -> Result<(Plan, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (before, after) = against::sides(config, from, session.sources)?;
    let checked = after.check();
    let findings = findings(session, &after, &checked);
    let (is, wanted) = (before.side(session.sources), after.side(Some(&checked.spec), session.sources));
    require_known(session, is.names().chain(after.manifest.containers.keys()), Scope::BothSides)?;
    let plan = plan::plan(&is, &wanted, &options(session, restart_mode));
    drop((is, wanted));
    // The process ends soon, and dropping thousands of containers takes longer than comparing them.
    std::mem::forget((before, after, checked));
    Ok((plan, findings))
}

fn findings(session: &Session<'_>, configuration: &Configuration, checked: &Checked) -> Vec<Diagnostic> {
    let mut all = [configuration.findings.as_slice(), &checked.findings, &checked.unsupported].concat();
    all.extend(unknown_rules(&configuration.manifest).into_iter().map(|(_, note)| note));
    covered(session, configuration, all)
}

fn options(session: &Session<'_>, restart_mode: RestartMode) -> Options {
    let only = &session.global.only;
    Options { only: (!only.is_empty()).then(|| only.iter().cloned().collect()), restart_mode, ..Options::default() }
}

/// Observes this host.
pub(in crate::cli) fn observe() -> Result<Snapshot, Vec<Diagnostic>> {
    Linux::new().snapshot().map_err(|error| vec![not_observed(&error)])
}

/// Plans from the host to the configuration.
pub(in crate::cli) fn between(
    session: &Session<'_>,
    configuration: &Configuration,
    checked: &Checked,
    snapshot: &Snapshot,
    restart_mode: RestartMode,
) -> Plan {
    plan::plan(
        &StateView::host(snapshot),
        &configuration.side(Some(&checked.spec), session.sources),
        &options(session, restart_mode),
    )
}

/// Prints the findings about the plan.
pub(in crate::cli) fn print_findings(session: &Session<'_>, plan: &Plan) {
    let findings: Vec<Diagnostic> = plan.findings.iter().map(Finding::to_diagnostic).collect();
    session.terminal.findings(&findings, session.sources);
}

/// Prints the plan as text.
pub(in crate::cli) fn print(session: &Session<'_>, plan: &Plan) {
    session.terminal.result(&show::text(plan, style(session)));
}

fn style(session: &Session<'_>) -> show::Style {
    let fancy = session.terminal.fancy_results;
    show::Style { colour: fancy, unicode: fancy, rules: session.global.verbose > 0 }
}
