//! `switch`: brings the host to the configured state.

use std::path::Path;

use super::build::{nix, watch_signals};
use super::saved;
use crate::app::{self, Applied, ConfigOptions, Context, SwitchOptions, SwitchResult};
use crate::apply::Degraded;
use crate::cli::args::{AskArgs, ConfigArgs, DegradedArgs, LintArgs, OnDegraded, RestartArgs};
use crate::cli::interrupt;
use crate::cli::session::{Outcome, Session, require_root};
use crate::host::linux::Linux;

/// Brings the host to the configured state.
pub(in crate::cli) fn switch(
    session: &Session<'_>,
    config: &ConfigArgs,
    ask: &AskArgs,
    restart: &RestartArgs,
    degraded: DegradedArgs,
    lints: &LintArgs,
) -> Outcome {
    require_root("switch")?;
    let &AskArgs { yes, allow_remove } = ask;
    let restart_mode = restart.restart_mode.into();
    let how = SwitchOptions { yes, allow_remove, restart_mode, allow: &lints.allow, kept: None };
    bring_to(&session.context(), &session.config(config), &how, degraded.degraded)
}

/// Carries out exactly the plan that a file contains, or nothing.
pub(in crate::cli) fn switch_as_planned(
    session: &Session<'_>,
    config: &ConfigArgs,
    ask: &AskArgs,
    degraded: DegradedArgs,
    lints: &LintArgs,
    file: &Path,
) -> Outcome {
    require_root("switch")?;
    let plan = saved::read(file)?;
    let config = saved::config(session.config(config), &plan);
    let only = plan.only.clone().unwrap_or_default();
    let &AskArgs { yes, allow_remove } = ask;
    let restart_mode = plan.restart_mode;
    let how = SwitchOptions { yes, allow_remove, restart_mode, allow: &lints.allow, kept: Some(&plan) };
    bring_to(&Context { only: &only, ..session.context() }, &config, &how, degraded.degraded)
}

fn bring_to(cx: &Context<'_>, config: &ConfigOptions, how: &SwitchOptions<'_>, on_degraded: OnDegraded) -> Outcome {
    watch_signals()?;
    Ok(match app::switch(cx, config, (&Linux, &nix(config)), how)? {
        SwitchResult::Refused(_) | SwitchResult::Declined(_) => 1,
        SwitchResult::UpToDate(_) => 0,
        SwitchResult::Applied { applied: Applied { is_interrupted: true, .. }, .. } => interrupt::EXIT_CODE,
        SwitchResult::Applied { applied, .. } => exit_code(&applied.degraded, on_degraded),
    })
}

/// The exit code of a run whose steps all succeeded.
pub(super) fn exit_code(degraded: &[Degraded], policy: OnDegraded) -> u8 {
    let is_worse = degraded.iter().any(|degraded| !degraded.new.is_empty());
    u8::from(policy == OnDegraded::Fail && is_worse)
}
