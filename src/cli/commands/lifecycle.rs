//! `start`, `stop`, `restart` and `kill`: through systemd, waiting for the result.

use super::switch::exit_code;
use crate::app::{self, Job};
use crate::cli::args::OnDegraded;
use crate::cli::session::{Outcome, Session, require_root};
use crate::host::linux::Linux;
use crate::model::ContainerName;

/// Does the job for all containers in parallel. `policy` says how to treat degraded guests.
pub(in crate::cli) fn run(session: &Session<'_>, names: &[ContainerName], job: Job, policy: OnDegraded) -> Outcome {
    require_root(job.as_str())?;
    let degraded = app::lifecycle(&session.context(), &Linux, names, job)?;
    session.terminal.progress(&format!("{}: done", job.as_str()));
    Ok(exit_code(&degraded, policy))
}

/// Deletes what removed containers have kept.
pub(in crate::cli) fn purge(session: &Session<'_>, names: &[ContainerName], yes: bool) -> Outcome {
    require_root("purge")?;
    Ok(u8::from(!app::purge(&session.context(), &Linux, names, yes)?))
}
