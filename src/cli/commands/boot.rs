//! The boot service: `install-boot` installs it, `release` removes it with everything else, and systemd runs `internal boot` at each boot. Also `internal restore`, which
//! systemd runs after it has restarted certain other units.

use super::build::watch_signals;
use super::switch::hold_off_rebuilds;
use crate::app::{self, in_configuration, lock};
use crate::cli::session::{Outcome, Session, require_root};
use crate::diag::{Code, Diagnostic};
use crate::host::install_boot::{InstallError, install_boot};
use crate::host::linux::Linux;

/// Installs the boot service.
pub(in crate::cli) fn install(session: &Session<'_>) -> Outcome {
    require_root("install-boot")?;
    let _lock = lock(&Linux)?;
    let path = install_boot().map_err(|error| {
        let diagnostic = Diagnostic::caused_by(Code::Host, &error);
        vec![match error {
            InstallError::PartOfSystem | InstallError::NotWanted(_) => diagnostic.help(in_configuration()),
            _ => diagnostic,
        }]
    })?;
    session.terminal.progress(&format!("installed {}", path.display()));
    Ok(0)
}

/// Gives all containers back.
pub(in crate::cli) fn release(session: &Session<'_>, (yes, wait): (bool, bool)) -> Outcome {
    require_root("release")?;
    watch_signals()?;
    let _rebuilds = hold_off_rebuilds(wait)?;
    let is_done = app::release(&session.context(), &Linux, (yes, wait))?;
    Ok(u8::from(!is_done))
}

/// Brings up the boot generation.
pub(in crate::cli) fn boot(session: &Session<'_>) -> Outcome {
    require_root("internal boot")?;
    watch_signals()?;
    app::boot(&session.context(), &Linux)?;
    Ok(0)
}

/// Puts back what containers have lost.
pub(in crate::cli) fn restore(session: &Session<'_>) -> Outcome {
    require_root("internal restore")?;
    let left = app::restore(&Linux)?;
    session.terminal.findings(&left, session.sources);
    Ok(0)
}
