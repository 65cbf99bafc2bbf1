//! Findings about failed steps and degraded guests.

use crate::apply::{Degraded, HostError, Reached};
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::state::FailedUnit;

/// The error about a failed step, with the log lines that belong to it.
pub(super) fn failed_step(error: &HostError, name: Option<&ContainerName>) -> Diagnostic {
    let log = match error {
        HostError::Job { log, .. } => log.join("\n"),
        HostError::Unhealthy { log, .. } if !log.is_empty() => {
            format!("its journal ends with:\n{}", log.join("\n"))
        }
        HostError::GuestSwitch { log, .. } if !log.is_empty() => format!("it ended with:\n{}", log.join("\n")),
        _ => String::new(),
    };
    let whose = name.map_or(String::new(), |name| {
        format!("see `journalctl -u {}`, and for the guest `container-rebuild logs {name}`", name.unit())
    });
    let help = [log, whose].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
    let diagnostic = Diagnostic::caused_by(Code::Host, error);
    if help.is_empty() { diagnostic } else { diagnostic.help(help) }
}

/// The findings about degraded guests. If all failed units had failed before this run, it is only a note.
pub(super) fn of_degraded(degraded: &[Degraded]) -> Vec<Diagnostic> {
    degraded.iter().map(finding).collect()
}

fn finding(Degraded { name, reached, new, old }: &Degraded) -> Diagnostic {
    let after = match reached {
        Reached::Start => "is up",
        Reached::Reload => "was reloaded",
        Reached::Former => "is back in its former state",
    };
    let help = match new.iter().chain(old).next() {
        Some(FailedUnit { unit, .. }) => format!(
            "see `container-rebuild run {name} -- systemctl status {unit}`, and `container-rebuild logs {name}`"
        ),
        None => format!("see `container-rebuild logs {name}`"),
    };
    let diagnostic = match (new.as_slice(), old.as_slice()) {
        ([], old) => {
            let message = format!("`{name}` {after}, and is still degraded: {}", of_units(old));
            Diagnostic::note(Code::Degraded, message)
        }
        (new, []) => {
            Diagnostic::warning(Code::Degraded, format!("`{name}` {after}, but degraded: {}", of_units(new)))
        }
        (new, old) => {
            let message = format!(
                "`{name}` {after}, but degraded: {} (already failed before: {})",
                of_units(new),
                of_units(old)
            );
            Diagnostic::warning(Code::Degraded, message)
        }
    };
    diagnostic.help(help)
}

/// Lists the units, and how each failed.
pub fn of_units(units: &[FailedUnit]) -> String {
    units.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
