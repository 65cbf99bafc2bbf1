//! What is said of steps that failed, and of guests that run and are not well.

use crate::apply::{Degraded, HostError, Reached};
use crate::cli::args::OnDegraded;
use crate::cli::failure;
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::state::FailedUnit;

/// A step that failed, with what the host and the guest said.
pub(super) fn failed_step(error: &HostError, name: Option<&ContainerName>) -> Diagnostic {
    let log = match error {
        HostError::Job { log, .. } => log.join("\n"),
        _ => String::new(),
    };
    let whose = name.map_or(String::new(), |name| {
        format!(
            "look at it with `journalctl -u {}`, and at the guest with `container-rebuild logs {name}`",
            name.unit()
        )
    });
    let help = [log, whose].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    let diagnostic = failure(Code::Host, error);
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}

/// Guests of whose units some failed. Those that only had failed before are a note: this run is not to blame.
pub(super) fn findings(degraded: &[Degraded]) -> Vec<Diagnostic> {
    degraded.iter().map(finding).collect()
}

fn finding(Degraded { name, reached, new, old }: &Degraded) -> Diagnostic {
    let after = match reached {
        Reached::Start => "is up",
        Reached::Reload => "was reloaded",
        Reached::Former => "runs as it did before",
    };
    let help = match new.iter().chain(old).next() {
        Some(FailedUnit { unit, .. }) => format!(
            "look at it with `container-rebuild run {name} -- systemctl status {unit}`, and at all with `container-rebuild logs {name}`"
        ),
        None => format!("look at it with `container-rebuild logs {name}`"),
    };
    let diagnostic = match (new.as_slice(), old.as_slice()) {
        ([], old) => {
            let message = format!("`{name}` {after}, and is degraded as it was before: {}", words(old));
            Diagnostic::note(Code::Degraded, message)
        }
        (new, []) => Diagnostic::warning(Code::Degraded, format!("`{name}` {after}, but degraded: {}", words(new))),
        (new, old) => {
            let message =
                format!("`{name}` {after}, but degraded: {} (failed before already: {})", words(new), words(old));
            Diagnostic::warning(Code::Degraded, message)
        }
    };
    diagnostic.help(help)
}

/// The units, with how each failed.
pub(super) fn words(units: &[FailedUnit]) -> String {
    units.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The exit code of a run that did all that it had to.
pub(super) fn exit_code(degraded: &[Degraded], policy: OnDegraded) -> u8 {
    let is_worse = degraded.iter().any(|degraded| !degraded.new.is_empty());
    u8::from(policy == OnDegraded::Fail && is_worse)
}
