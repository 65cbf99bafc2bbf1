//! `switch`, `test` and `boot`: bring the host to the configured state.

use std::path::Path;
use std::time::Duration;

use super::build::{nix, watch_signals};
use crate::app::{self, Applied, ApplyOptions, ConfigOptions, Context, LockError, SwitchOptions, SwitchResult};
use crate::apply::Degraded;
use crate::cli::args::{ApplyArgs, ConfigArgs, LintArgs, OnDegraded, SwitchArgs};
use crate::cli::interrupt;
use crate::cli::session::{Outcome, Session, require_root};
use crate::diag::{Code, Diagnostic};
use crate::host::linux::Linux;
use crate::host::rebuild_lock;
use crate::plan::RestartMode;
use crate::state::Activation;

/// How a command applies its plan.
pub(super) fn apply_options(yes: bool, apply: &ApplyArgs, restart_mode: RestartMode) -> ApplyOptions {
    let &ApplyArgs { keep_going, wait, confirm } = apply;
    ApplyOptions { yes, keep_going, wait, confirm: confirm.map(Duration::from_secs), restart_mode }
}

/// Brings the host to the configured state, until it reboots or for good.
pub(in crate::cli) fn switch(session: &Session<'_>, args: &SwitchArgs, activation: Activation) -> Outcome {
    require_root(activation.as_str())?;
    let SwitchArgs { config, ask, apply, restart, degraded, lints } = args;
    let apply = apply_options(ask.yes, apply, restart.restart_mode.into());
    let allow_remove = ask.allow_remove;
    let how = SwitchOptions { activation, apply, allow_remove, allow: &lints.allow, kept: None };
    bring_to(&session.context(), &session.config(config), &how, degraded.degraded)
}

/// Carries out exactly the plan that a file contains, or nothing.
pub(in crate::cli) fn switch_as_planned(session: &Session<'_>, args: &SwitchArgs, file: &Path) -> Outcome {
    require_root("switch")?;
    let SwitchArgs { config, ask, apply, degraded, lints, .. } = args;
    let plan = app::saved_plan(session.context().disk, file)?;
    let config = app::config_of_plan(session.config(config), &plan);
    let only = plan.only.clone().unwrap_or_default();
    let apply = apply_options(ask.yes, apply, plan.restart_mode);
    let (activation, allow_remove) = (Activation::Switch, ask.allow_remove);
    let how = SwitchOptions { activation, apply, allow_remove, allow: &lints.allow, kept: Some(&plan) };
    bring_to(&Context { only: &only, ..session.context() }, &config, &how, degraded.degraded)
}

/// Makes the configured state the one that the next boot brings up.
pub(in crate::cli) fn boot(
    session: &Session<'_>,
    config: &ConfigArgs,
    (allow_remove, wait): (bool, bool),
    lints: &LintArgs,
) -> Outcome {
    require_root("boot")?;
    let restart_mode = RestartMode::Auto;
    let apply = ApplyOptions { yes: true, keep_going: false, wait, confirm: None, restart_mode };
    let activation = Activation::Boot;
    let how = SwitchOptions { activation, apply, allow_remove, allow: &lints.allow, kept: None };
    bring_to(&session.context(), &session.config(config), &how, OnDegraded::Warn)
}

fn bring_to(cx: &Context<'_>, config: &ConfigOptions, how: &SwitchOptions<'_>, on_degraded: OnDegraded) -> Outcome {
    watch_signals()?;
    let _rebuilds = hold_off_rebuilds(how.apply.wait)?;
    Ok(exit_code_of(&app::switch(cx, config, (&Linux, &nix(config)), how)?, on_degraded))
}

/// Keeps `nixos-rebuild` from changing the host while we do.
pub(super) fn hold_off_rebuilds(waits: bool) -> Result<impl Sized, Vec<Diagnostic>> {
    rebuild_lock::hold_off(waits).map_err(|error| {
        let diagnostic = Diagnostic::caused_by(Code::Locked, &error);
        vec![match error {
            LockError::Held { .. } => diagnostic.help("wait until it has finished, or run this with `--wait`"),
            LockError::File { .. } => diagnostic,
        }]
    })
}

/// The exit code of a switch or rollback.
pub(super) fn exit_code_of(result: &SwitchResult, on_degraded: OnDegraded) -> u8 {
    match result {
        SwitchResult::Refused(_) | SwitchResult::Declined(_) => 1,
        SwitchResult::UpToDate(_) | SwitchResult::Recorded(_) => 0,
        SwitchResult::Applied { applied: Applied { is_interrupted: true, .. }, .. } => interrupt::EXIT_CODE,
        SwitchResult::Applied { applied, .. } => exit_code(&applied.degraded, on_degraded),
    }
}

/// The exit code of a run whose steps all succeeded.
pub(super) fn exit_code(degraded: &[Degraded], policy: OnDegraded) -> u8 {
    let is_worse = degraded.iter().any(|degraded| !degraded.new.is_empty());
    u8::from(policy == OnDegraded::Fail && is_worse)
}
