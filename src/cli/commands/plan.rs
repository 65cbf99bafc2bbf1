//! `plan`: shows what `switch` would do, and why.

use crate::app;
use crate::cli::args::{ConfigArgs, LintArgs, PlanArgs, PlanFormat};
use crate::cli::session::{Outcome, Session};
use crate::host::linux::Linux;
use crate::plan::show::{self, hosts};

/// Prints the plan from this host, or from the state that `--from` names.
pub(in crate::cli) fn plan(
    session: &Session<'_>,
    config: &ConfigArgs,
    options: &PlanArgs,
    lints: &LintArgs,
) -> Outcome {
    let cx = session.context();
    let config = &session.config(config);
    let mode = options.restart.restart_mode.into();
    if let (true, Some(from)) = (options.all_hosts, &options.from) {
        let plans = app::plan_all_hosts(&cx, config, from, (mode, &lints.allow))?;
        session.terminal.result(&match options.format {
            PlanFormat::Text => hosts::text(&plans, session.style()),
            PlanFormat::Json => hosts::json(&plans),
            PlanFormat::Markdown => hosts::markdown(&plans),
            PlanFormat::Dot => plans.values().map(show::dot).collect(),
        });
        return Ok(code(options, plans.values().any(|plan| !plan.is_empty())));
    }
    let planned = match &options.from {
        Some(from) => app::plan_from(&cx, config, from, mode)?,
        None => app::plan(&cx, config, &Linux, (mode, options.out.is_some()))?,
    };
    if let (Some(file), Some(saved)) = (&options.out, planned.saved(&cx, config)) {
        app::save_plan(cx.disk, file, &saved)?;
        let file = file.display();
        session
            .terminal
            .progress(&format!("saved to {file}: `switch --plan {file}` carries out exactly this plan"));
    }
    let plan = planned.shown(&cx, &lints.allow);
    session.terminal.result(&match options.format {
        PlanFormat::Text => show::text(&plan, session.style()),
        PlanFormat::Json => show::json(&plan),
        PlanFormat::Markdown => show::markdown(&plan),
        PlanFormat::Dot => show::dot(&plan),
    });
    Ok(code(options, !plan.is_empty()))
}

/// The exit code: with `--detailed-exitcode`, 2 if there are changes.
fn code(options: &PlanArgs, changes: bool) -> u8 {
    if options.detailed_exitcode && changes { 2 } else { 0 }
}
