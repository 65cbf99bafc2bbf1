//! What our NixOS module has done: it passes what the host's configuration declares as a manifest, which Nix has evaluated.

use super::boot::boot;
use super::carry_out::ApplyOptions;
use super::context::Context;
use super::generation::{generation, is_same};
use super::live_host::LiveHost;
use super::load::load;
use super::options::ConfigOptions;
use super::plan::{between, observe, show_findings};
use super::release::{end, plan_of_end};
use super::switch::{SwitchOptions, SwitchResult, switch};
use crate::apply::Builder;
use crate::diag::{Code, Diagnostic};
use crate::model::Manifest;
use crate::modules::Guests;
use crate::plan::{Plan, RestartMode};
use crate::render::paths;
use crate::state::{Activation, Owner, Snapshot};

/// Brings the host to what its configuration declares. `None` if it has just booted, and that is what ran before.
///
/// # Errors
///
/// What prevents it, and afterwards what did not succeed.
pub fn reconcile(
    cx: &Context<'_>,
    config: &ConfigOptions,
    (host, builder): (&dyn LiveHost, &dyn Builder),
) -> Result<Option<SwitchResult>, Vec<Diagnostic>> {
    // Nothing was applied in this boot so far.
    if !host.exists(&paths::current_generation()) && boots(cx, config, host)? {
        // Without the checks of a switch: one missing path must not keep all containers from starting.
        return boot(cx, host).map(|()| None);
    }
    // Whoever rebuilds the host has agreed, and other containers should not have to wait for one that fails.
    let apply =
        ApplyOptions { yes: true, keep_going: true, wait: true, confirm: None, restart_mode: RestartMode::Auto };
    let how = SwitchOptions { activation: Activation::Switch, apply, allow_remove: true, allow: &[], kept: None };
    switch(cx, config, (host, builder), &how).map(Some)
}

/// Whether the boot generation is what the host's configuration declares.
fn boots(cx: &Context<'_>, config: &ConfigOptions, host: &dyn LiveHost) -> Result<bool, Vec<Diagnostic>> {
    let snapshot = observe(host)?;
    let Some(number) = snapshot.boot_generation else { return Ok(false) };
    let Ok(Some(boots)) = host.generation(number) else { return Ok(false) };
    let configuration = load(cx, config, false, Guests::All)?;
    Ok(is_same(&boots, &generation(cx, &configuration, &snapshot)))
}

/// What [`reconcile`] is going to do once the host's units are those of the new configuration.
///
/// # Errors
///
/// If the manifest cannot be read, or the host not be observed.
pub fn plan_of_host(
    cx: &Context<'_>,
    config: &ConfigOptions,
    host: &dyn LiveHost,
) -> Result<Plan, Vec<Diagnostic>> {
    let configuration = load(cx, config, false, Guests::All)?;
    let mut snapshot = observe(host)?;
    hand_over(&mut snapshot, &configuration.manifest);
    let plan = between((cx, host), &configuration, &configuration.check(), &snapshot, RestartMode::Auto);
    show_findings(cx, &plan);
    Ok(plan)
}

/// Makes the containers that NixOS still runs what they are about to become: ours, with nothing written for them.
fn hand_over(snapshot: &mut Snapshot, manifest: &Manifest) {
    let declared = snapshot.containers.iter_mut().filter(|(name, _)| manifest.containers.contains_key(*name));
    for (_, observed) in declared.filter(|(_, observed)| observed.owner == Owner::Native) {
        observed.owner = Owner::Ours;
        observed.is_hooked = true;
        (observed.unit_text, observed.start_text, observed.conf_text) = (None, None, None);
    }
}

/// Stops all our containers, and removes what is ours of them, so that NixOS's units can start them with their state. What was
/// recorded of former generations stays.
///
/// # Errors
///
/// What could not be stopped or removed.
pub fn hand_back(cx: &Context<'_>, host: &dyn LiveHost) -> Result<(), Vec<Diagnostic>> {
    let failed = |error: &dyn std::error::Error| vec![Diagnostic::caused_by(Code::Host, error)];
    let _lock = host.lock(true).map_err(|error| failed(&error))?;
    let snapshot = observe(host)?;
    let plan = plan_of_end(&snapshot);
    cx.ui.plan(&plan);
    let errors = end(cx, host, &plan);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
