//! `start`, `stop`, `restart` and `kill`: through systemd, waiting for the result.

use super::switch::exit_code;
use crate::app::{failed_step, lock, mounts_left, no_such_container, observe, of_degraded};
use crate::apply::{Degraded, Host, HostError, Reached, files};
use crate::cli::args::OnDegraded;
use crate::cli::progress;
use crate::cli::session::{Outcome, Session, require_root};
use crate::cli::terminal::Terminal;
use crate::diag::{Code, Diagnostic};
use crate::host::linux::Linux;
use crate::model::ContainerName;
use crate::state::{Health, Installed, Snapshot};

/// What to do with the containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Job {
    /// Start it.
    Start(OnDegraded),
    /// Stop it.
    Stop,
    /// Stop and start it.
    Restart(OnDegraded),
    /// Kill its processes.
    Kill,
}

impl Job {
    fn as_str(self) -> &'static str {
        match self {
            Self::Start(_) => "start",
            Self::Stop => "stop",
            Self::Restart(_) => "restart",
            Self::Kill => "kill",
        }
    }

    /// How to treat degraded guests; `None` for a job that starts none.
    fn policy(self) -> Option<OnDegraded> {
        match self {
            Self::Start(policy) | Self::Restart(policy) => Some(policy),
            Self::Stop | Self::Kill => None,
        }
    }
}

/// Does the job for all containers in parallel.
pub(in crate::cli) fn run(session: &Session<'_>, names: &[ContainerName], job: Job) -> Outcome {
    require_root(job.as_str())?;
    let snapshot = observe(&Linux)?;
    let known = |name: &ContainerName| {
        let recorded = snapshot.generation.as_ref().is_some_and(|generation| generation.records.contains_key(name));
        snapshot.containers.contains_key(name) || (recorded && job.policy().is_some())
    };
    let unknown: Vec<_> = names.iter().filter(|name| !known(name)).collect();
    if !unknown.is_empty() {
        return Err(unknown.into_iter().map(|name| no_such_container(name, &snapshot)).collect());
    }
    let _lock = lock(&Linux)?;
    write_missing(names, &snapshot).map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])?;
    let terminal = session.terminal;
    let results: Vec<_> = std::thread::scope(|scope| {
        let jobs: Vec<_> = names.iter().map(|name| scope.spawn(move || waited_for(terminal, name, job))).collect();
        jobs.into_iter().map(|job| job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    session.terminal.findings(&mounts_left(&Linux, names.iter()), session.sources);
    let (mut failed, mut degraded) = (Vec::new(), Vec::new());
    for (name, result) in names.iter().zip(results) {
        match result {
            Ok(health) => degraded.extend(degraded_by(name, health)),
            Err(error) => failed.push(failed_step(&error, Some(name))),
        }
    }
    session.terminal.findings(&of_degraded(&degraded), session.sources);
    if failed.is_empty() {
        session.terminal.progress(&format!("{}: done", job.as_str()));
        return Ok(job.policy().map_or(0, |policy| exit_code(&degraded, policy)));
    }
    Err(failed)
}

/// The guest's degraded state, if it is degraded after its start.
fn degraded_by(name: &ContainerName, health: Option<Health>) -> Option<Degraded> {
    let (new, old) = health.filter(Health::is_degraded)?.since(None);
    Some(Degraded { name: name.clone(), reached: Reached::Start, new, old })
}

fn waited_for(terminal: Terminal, name: &ContainerName, job: Job) -> Result<Option<Health>, HostError> {
    let doing = match job {
        Job::Start(_) => "starting",
        Job::Stop => "stopping",
        Job::Restart(_) => "restarting",
        Job::Kill => "killing",
    };
    let _ongoing = progress::begin(terminal, &format!("{name}: {doing}"));
    once(name, job)
}

/// Does the job. Returns the health of a guest that it started.
fn once(name: &ContainerName, job: Job) -> Result<Option<Health>, HostError> {
    let host = Linux::new();
    let done = match job {
        Job::Start(_) => host.start(name),
        Job::Stop => host.stop(name),
        Job::Restart(_) => host.restart(name),
        Job::Kill => std::thread::scope(|scope| {
            // Stop the unit as well: systemd would restart a container that was only killed.
            let stopped = scope.spawn(|| host.stop(name));
            let killed = host.kill(name, nix::libc::SIGKILL);
            stopped.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            // If the container is already gone, there is nothing to kill.
            drop(killed);
            Ok(())
        }),
    };
    done.map(|()| job.policy().and_then(|_| host.health(name)))
}

/// Writes missing or broken units, without which nothing could start.
///
/// After a boot without the boot service there are no units, and they are written from the generation. Units that call a
/// missing program are written from their own record, so that they start what they started before.
fn write_missing(names: &[ContainerName], snapshot: &Snapshot) -> Result<(), HostError> {
    let host = Linux::new();
    let record = |name: &ContainerName| match snapshot.containers.get(name) {
        Some(observed) => observed.written.as_ref().filter(|_| observed.missing_program.is_some()),
        None => snapshot.generation.as_ref()?.records.get(name),
    };
    let missing: Vec<_> = names.iter().filter_map(|name| Some((name, record(name)?))).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if snapshot.program.installed != Installed::Same {
        host.install_program()?;
    }
    for (name, record) in missing {
        host.install(name, &files(record))?;
    }
    host.reload_units()
}
