//! `release`: gives all containers back, and removes what is ours of the host.

use super::carry_out::apply_plan;
use super::context::Context;
use super::findings::failed_step;
use super::live_host::LiveHost;
use super::plan::show_findings;
use super::ready;
use super::switch::require_systemd;
use crate::diag::{Code, Diagnostic};
use crate::plan::{self, Endpoint, EndpointKind, Options, Plan, StateView};
use crate::render::paths;
use crate::state::{Activation, Snapshot};

/// Stops all our containers, and removes their units, rules and files, and the boot service, after showing that and asking unless
/// `yes`. What the containers keep stays, and so do the generations. Returns whether it did.
///
/// # Errors
///
/// What prevents it, and afterwards what could not be removed.
pub fn release(cx: &Context<'_>, host: &dyn LiveHost, (yes, wait): (bool, bool)) -> Result<bool, Vec<Diagnostic>> {
    let (_lock, snapshot) = ready::begin(cx, host, wait)?;
    require_systemd(&snapshot)?;
    if snapshot.containers.values().any(|container| container.is_hooked) {
        let message = "this host's configuration has container-rebuild run its containers";
        let help = "set `services.container-rebuild.enable` to false there, and run `nixos-rebuild switch`";
        return Err(vec![Diagnostic::error(Code::Usage, message).help(help)]);
    }
    let plan = plan_of_end(&snapshot);
    show_findings(cx, &plan);
    if plan.is_refused() {
        return Err(vec![Diagnostic::error(Code::Usage, "nothing was changed")]);
    }
    cx.ui.plan(&plan);
    let service = &snapshot.boot_service;
    if service.is_enabled {
        cx.ui.progress(&format!("{} is removed: the next boot starts no container.", paths::BOOT_SERVICE));
    }
    cx.ui.progress(&format!(
        "What the containers keep in {} stays, and so do the generations: `rollback N` brings one back.",
        paths::ROOTS
    ));
    if !yes && !cx.ui.consent("Release all containers?")? {
        cx.ui.progress("Nothing was changed.");
        return Ok(false);
    }
    let mut errors = end(cx, host, &plan);
    errors.extend(host.uninstall_boot_service().err().map(|error| Diagnostic::caused_by(Code::Host, &*error)));
    if errors.is_empty() { Ok(true) } else { Err(errors) }
}

/// The plan that ends with no container of ours.
pub(super) fn plan_of_end(snapshot: &Snapshot) -> Plan {
    let endpoint = Endpoint { kind: EndpointKind::Host, name: snapshot.host_name.clone() };
    plan::plan(&StateView::host(snapshot), &StateView::nothing(endpoint), &Options::default())
}

/// Carries out such a plan as far as possible, and makes the next boot start no container. Returns what failed.
pub(super) fn end(cx: &Context<'_>, host: &dyn LiveHost, plan: &Plan) -> Vec<Diagnostic> {
    let run = cx.ui.hold();
    let report = apply_plan(host, plan, run.as_ref(), (true, false));
    run.close();
    let failures = report.failed.iter();
    let mut errors: Vec<_> = failures.map(|(action, error)| failed_step(error, action.container())).collect();
    // No generation has this number, so a boot service finds nothing to start.
    let none = host.activate_generation(0, Activation::Switch);
    errors.extend(none.err().map(|error| Diagnostic::caused_by(Code::Host, &error)));
    errors
}
