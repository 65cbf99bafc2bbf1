//! `plan`: what `switch` would do, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::configuration::Configuration;
use super::context::Context;
use super::edits::with_edits;
use super::live_host::LiveHost;
use super::load::load;
use super::only::{Scope, covered, names, require_known};
use super::options::ConfigOptions;
use super::ready::{not_observed, obstacles};
use super::sides;
use super::stage::Stage;
use crate::diag::{Code, Diagnostic, Severity};
use crate::lint::silence::without_allowed;
use crate::model::check::Checked;
use crate::model::unknown_rules::unknown_rules;
use crate::modules::Guests;
use crate::plan::saved::{Saved, Source};
use crate::plan::{self, Endpoint, EndpointKind, Finding, Options, Plan, RestartMode, StateView};
use crate::state::Snapshot;

/// A plan, and what was found on the way to it.
#[derive(Debug)]
pub struct Planned {
    plan: Plan,
    /// The findings about the configuration and the host, which are not shown yet.
    findings: Vec<Diagnostic>,
    /// A hash of what a plan from the live host was made from ([`plan::saved::inputs`]).
    inputs: Option<String>,
    options: Options,
}

impl Planned {
    /// The plan to save, so that `switch` carries out exactly this one; `None` unless it was made for that.
    pub fn saved(&self, cx: &Context<'_>, config: &ConfigOptions) -> Option<Saved> {
        Some(Saved::new(source(cx, config), &self.options, self.inputs.clone()?, &self.plan))
    }

    /// Shows the findings except those of the lints in `allow`, and returns the plan with all of them.
    pub fn shown(self, cx: &Context<'_>, allow: &[Code]) -> Plan {
        with_findings(cx, self.plan, self.findings, allow)
    }
}

/// Plans from the live host, for a plan to save if `is_saved`.
///
/// # Errors
///
/// What keeps the configuration from being evaluated, or the host from being observed.
pub fn plan(
    cx: &Context<'_>,
    config: &ConfigOptions,
    host: &dyn LiveHost,
    (restart_mode, is_saved): (RestartMode, bool),
) -> Result<Planned, Vec<Diagnostic>> {
    // The two are independent, and observing the host takes a while.
    let (configuration, snapshot) = std::thread::scope(|scope| {
        let snapshot = scope.spawn(|| observe(host));
        (load(cx, config, false, Guests::All), snapshot.join())
    });
    let configuration = configuration?;
    let snapshot = snapshot.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    let inputs = is_saved.then(|| configuration.inputs());
    let configuration = configuration.with_known_systems(&snapshot, |system| host.exists(system));
    let checked = configuration.check();
    require_known(cx, names(&configuration, &snapshot), Scope::ConfigurationAndHost)?;
    let mut findings = findings(cx, &configuration, &checked);
    let missing = configuration.missing(&checked.spec, host, &snapshot).into_iter();
    // `plan` changes nothing, so a missing path or interface does not fail it.
    let missing = missing.map(|finding| match finding.severity {
        Severity::Error => Diagnostic { severity: Severity::Warning, ..finding },
        Severity::Warning | Severity::Note => finding,
    });
    findings.extend(covered(cx, &configuration, missing.collect()));
    let plan = between((cx, host), &configuration, &checked, &snapshot, restart_mode);
    let obstacles = obstacles(host, &configuration, &snapshot, &plan).into_iter();
    findings.extend(obstacles.map(|obstacle| Diagnostic { severity: Severity::Warning, ..obstacle }));
    // Skips the destructors, as in `plan_from`.
    std::mem::forget((configuration, checked, snapshot));
    Ok(Planned { plan, findings, inputs, options: options(cx, restart_mode) })
}

/// Plans from another configuration, or another revision of this one (`from`), without looking at the host.
///
/// # Errors
///
/// What keeps either side from being evaluated.
pub fn plan_from(
    cx: &Context<'_>,
    config: &ConfigOptions,
    from: &str,
    restart_mode: RestartMode,
) -> Result<Planned, Vec<Diagnostic>> {
    let (before, after) = sides::sides(cx, config, from)?;
    let checked = after.check();
    let findings = findings(cx, &after, &checked);
    let _stage = Stage::Plan.begin();
    let (is, wanted) = (before.side(cx.sources), after.side(Some(&checked.spec), cx.sources));
    require_known(cx, is.names().chain(after.manifest.containers.keys()), Scope::BothSides)?;
    let options = options(cx, restart_mode);
    let plan = plan::plan(&is, &wanted, &options);
    drop((is, wanted));
    // The process ends soon, and dropping thousands of containers takes longer than comparing them.
    std::mem::forget((before, after, checked));
    Ok(Planned { plan, findings, inputs: None, options })
}

/// Plans for all hosts of a flake, and shows the findings except those of the lints in `allow`.
///
/// # Errors
///
/// What keeps a side of a host from being evaluated.
pub fn plan_all_hosts(
    cx: &Context<'_>,
    config: &ConfigOptions,
    from: &str,
    (restart_mode, allow): (RestartMode, &[Code]),
) -> Result<BTreeMap<String, Plan>, Vec<Diagnostic>> {
    let (mut plans, mut names) = (BTreeMap::new(), BTreeSet::new());
    let how = options(cx, restart_mode);
    let (hosts, notes) = sides::hosts(cx, config, from)?;
    // Otherwise the plan of each host has these notes as well.
    if hosts.is_empty() {
        cx.ui.findings(&notes);
    }
    for (host, there) in hosts {
        let (before, after) = sides::sides_of_host(cx, config, from, (&host, there))?;
        let before = before.side(cx.sources);
        names.extend(before.names().cloned());
        names.extend(after.iter().flat_map(|after| after.manifest.containers.keys().cloned()));
        let (plan, findings) = match after {
            Some(after) => {
                let checked = after.check();
                let plan = plan::plan(&before, &after.side(Some(&checked.spec), cx.sources), &how);
                (plan, findings(cx, &after, &checked))
            }
            None => {
                let endpoint = Endpoint { kind: EndpointKind::File, name: config.config.clone() };
                (plan::plan(&before, &StateView::absent(endpoint, &format!("the host `{host}`")), &how), Vec::new())
            }
        };
        plans.insert(host, with_findings(cx, plan, findings, allow));
    }
    require_known(cx, &names, Scope::BothSides)?;
    Ok(plans)
}

/// Shows the findings about the configuration and the plan, and returns the plan with all of them.
fn with_findings(cx: &Context<'_>, mut plan: Plan, findings: Vec<Diagnostic>, allow: &[Code]) -> Plan {
    let findings = with_edits(without_allowed(findings, allow, cx.sources), cx.sources);
    cx.ui.findings(&findings);
    show_findings(cx, &plan);
    plan.findings.splice(0..0, findings.iter().map(|finding| Finding::new(finding, cx.sources)));
    plan
}

fn findings(cx: &Context<'_>, configuration: &Configuration, checked: &Checked) -> Vec<Diagnostic> {
    let mut all = [configuration.findings.as_slice(), &checked.findings, &checked.unsupported].concat();
    all.extend(unknown_rules(&configuration.manifest).into_iter().map(|(_, note)| note));
    covered(cx, configuration, all)
}

pub(super) fn options(cx: &Context<'_>, restart_mode: RestartMode) -> Options {
    let only = (!cx.only.is_empty()).then(|| cx.only.iter().cloned().collect());
    Options { only, restart_mode, ..Options::default() }
}

/// Observes the host.
///
/// # Errors
///
/// Why it cannot be observed.
pub fn observe(host: &dyn LiveHost) -> Result<Snapshot, Vec<Diagnostic>> {
    let _stage = Stage::Plan.begin();
    host.snapshot().map_err(|error| vec![not_observed(&error)])
}

/// Plans from the host to the configuration.
pub(super) fn between(
    (cx, host): (&Context<'_>, &dyn LiveHost),
    configuration: &Configuration,
    checked: &Checked,
    snapshot: &Snapshot,
    restart_mode: RestartMode,
) -> Plan {
    let _stage = Stage::Plan.begin();
    let wanted = configuration.side(Some(&checked.spec), cx.sources);
    from_host((cx, host), snapshot, &wanted, restart_mode)
}

/// Plans from the host to `wanted`.
pub(super) fn from_host(
    (cx, host): (&Context<'_>, &dyn LiveHost),
    snapshot: &Snapshot,
    wanted: &StateView<'_>,
    restart_mode: RestartMode,
) -> Plan {
    let is = StateView::host(snapshot);
    let switched = plan::switched_systems(&is, wanted).into_iter();
    let systems = switched.filter_map(|system| Some((system.clone(), host.guest_system(&system)?))).collect();
    plan::plan(&is, wanted, &Options { systems, ..options(cx, restart_mode) })
}

/// Shows the findings about the plan.
pub(super) fn show_findings(cx: &Context<'_>, plan: &Plan) {
    let findings: Vec<Diagnostic> = plan.findings.iter().map(Finding::to_diagnostic).collect();
    cx.ui.findings(&findings);
}

/// How the configuration was given, with absolute paths, so that it works from another directory.
fn source(cx: &Context<'_>, config: &ConfigOptions) -> Source {
    let absolute = |path: &str| cx.environment.absolute(path);
    let given = &config.config;
    let named = match given.split_once('#').filter(|_| !cx.disk.exists(given.as_ref())) {
        Some((path, host)) => {
            let path = if path.is_empty() { "." } else { path };
            format!("{}#{host}", absolute(path).display())
        }
        None => absolute(given).display().to_string(),
    };
    let include = config.include.iter().map(|entry| match entry.split_once('=') {
        _ if entry.contains("://") => entry.clone(),
        Some((prefix, path)) => format!("{prefix}={}", absolute(path).display()),
        None => absolute(entry).display().to_string(),
    });
    let pairs = config.override_input.iter();
    let override_input = pairs.map(|(name, path)| (name.clone(), absolute(path))).collect();
    let settings = config.nix_settings.to_save();
    Source { config: named, include: include.collect(), override_input, impure: config.impure, settings }
}
