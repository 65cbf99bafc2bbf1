//! `--confirm`: what was applied is kept only if somebody confirms that it works.

use std::time::Duration;

use super::carry_out::{apply, apply_plan};
use super::context::Context;
use super::findings::failed_step;
use super::live_host::LiveHost;
use super::plan::observe;
use super::ready;
use crate::diag::{Code, Diagnostic};
use crate::plan::{self, Endpoint, EndpointKind, Options, StateView};
use crate::state::{Activation, Generation, Snapshot};

/// How much later than this process systemd goes back.
const GRACE: Duration = Duration::from_secs(30);

/// Schedules the way back for the case that this process is killed before `limit` is over. Without a limit, cancels what a killed
/// process had scheduled: this decision replaces that one. The caller holds the lock.
pub(super) fn prepare(cx: &Context<'_>, host: &dyn LiveHost, limit: Option<Duration>, before: &Snapshot) {
    // A killed process may have left its file, although nobody waits any more.
    _ = host.end_confirmation();
    let Some(limit) = limit else {
        if let Err(error) = host.cancel_undo() {
            tracing::warn!("cannot cancel what an unconfirmed switch had scheduled: {error}");
        }
        return;
    };
    let former = before.generation.as_ref().map_or(0, |former| former.number);
    if let Err(error) = host.schedule_undo(limit + GRACE, former) {
        let message = format!("if this process is killed, only a reboot will go back: {error}");
        cx.ui.findings(&[Diagnostic::warning(Code::Host, message)]);
    }
}

/// Goes back to the generation `former` (0 for no containers), because a switch was not confirmed and its process is gone.
///
/// # Errors
///
/// If the host cannot be brought back.
pub fn undo_unconfirmed(cx: &Context<'_>, host: &dyn LiveHost, former: u32) -> Result<(), Vec<Diagnostic>> {
    let (_lock, _) = ready::begin(cx, host, true)?;
    let generation = match former {
        0 => None,
        number => {
            let read = host.generation(number).map_err(|error| vec![ready::not_observed(&error)])?;
            let damaged = || Diagnostic::error(Code::Host, format!("generation {number} is damaged"));
            Some(read.ok_or_else(|| vec![damaged()])?)
        }
    };
    // Nobody can confirm it any more.
    _ = host.end_confirmation();
    go_back(cx, host, generation.as_ref())
}

/// Waits until the generation `number` is confirmed, and then activates it for good; otherwise goes back to what was current
/// in `before`. The caller holds the lock.
///
/// # Errors
///
/// If it was not confirmed: that, and what went wrong on the way back.
pub(super) fn confirm(
    cx: &Context<'_>,
    host: &dyn LiveHost,
    (number, activation): (u32, Activation),
    before: &Snapshot,
    limit: Duration,
) -> Result<(), Vec<Diagnostic>> {
    let failed = |error: &dyn std::error::Error| vec![Diagnostic::caused_by(Code::Host, error)];
    // Without it, only the terminal can answer.
    let is_open =
        host.expect_confirmation().inspect_err(|error| tracing::warn!("`confirm` will not work: {error}"));
    let is_given = || is_open.is_ok() && host.is_confirmed();
    let here = cx.ui.confirmation(limit, &is_given);
    // If that is not known, it does not count.
    let is_over = host
        .end_confirmation()
        .inspect_err(|error| tracing::warn!("cannot tell whether it was confirmed: {error}"));
    let elsewhere = is_open.is_ok() && is_over.unwrap_or(false);
    let is_confirmed = here || elsewhere;
    if is_confirmed && let Err(error) = host.cancel_undo() {
        let message = format!("cannot stop container-rebuild-undo.timer, which brings the host back: {error}");
        let help = "run `systemctl stop container-rebuild-undo.timer`";
        cx.ui.findings(&[Diagnostic::warning(Code::Host, message).help(help)]);
    }
    if is_confirmed {
        host.activate_generation(number, activation).map_err(|error| failed(&error))?;
        cx.ui.progress(&format!("Confirmed: generation {number} stays."));
        return Ok(());
    }
    let errors = undo(cx, host, before);
    let message = match errors.is_empty() {
        true => format!("generation {number} was not confirmed: went back to {}", former(before)),
        false => format!("generation {number} was not confirmed, and going back to {} failed", former(before)),
    };
    Err([vec![Diagnostic::error(Code::Host, message)], errors].concat())
}

/// What was current in `before`.
fn former(before: &Snapshot) -> String {
    let number = before.generation.as_ref().map(|former| format!("generation {}", former.number));
    number.unwrap_or_else(|| String::from("no containers"))
}

/// Goes back to what was current in `before`; returns what went wrong.
pub(super) fn undo(cx: &Context<'_>, host: &dyn LiveHost, before: &Snapshot) -> Vec<Diagnostic> {
    cx.ui.progress(&format!("Going back to {}.", former(before)));
    let errors = go_back(cx, host, before.generation.as_ref()).err().unwrap_or_default();
    // What failed here would fail again.
    if let Err(error) = host.cancel_undo() {
        tracing::warn!("cannot cancel what was scheduled: {error}");
    }
    errors
}

/// Brings the host back to `former`, or to no containers.
fn go_back(cx: &Context<'_>, host: &dyn LiveHost, former: Option<&Generation>) -> Result<(), Vec<Diagnostic>> {
    let snapshot = observe(host)?;
    let is = StateView::host(&snapshot);
    let Some(former) = former else {
        let endpoint = Endpoint { kind: EndpointKind::Host, name: snapshot.host_name.clone() };
        let plan = plan::plan(&is, &StateView::absent(endpoint, "the former state"), &Options::default());
        let run = cx.ui.hold();
        let report = apply_plan(host, &plan, run.as_ref(), (true, false));
        run.close();
        let mut errors: Vec<_> =
            report.failed.iter().map(|(action, error)| failed_step(error, action.container())).collect();
        let none = host.activate_generation(0, Activation::Test);
        errors.extend(none.err().map(|error| Diagnostic::caused_by(Code::Host, &error)));
        return if errors.is_empty() { Ok(()) } else { Err(errors) };
    };
    let plan = plan::plan(&is, &StateView::generation(former), &Options::default());
    apply(cx, host, &plan, (former, Activation::Test), &snapshot, true).map(drop)
}
