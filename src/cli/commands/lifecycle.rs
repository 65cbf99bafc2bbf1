//! `start`, `stop`, `restart`, `kill`: through systemd, waiting for the result.

use super::plan::observe;
use super::switch::{lock, mounts_left};
use crate::apply::{Host, HostError, files};
use crate::cli::only::suggestion;
use crate::cli::terminal::Terminal;
use crate::cli::{Outcome, Session, failure, progress, require_root};
use crate::diag::{Code, Diagnostic};
use crate::host::linux::Linux;
use crate::model::ContainerName;
use crate::state::{Installed, Snapshot};

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Job {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Stop and start it.
    Restart,
    /// Kill its processes.
    Kill,
}

impl Job {
    fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Kill => "kill",
        }
    }
}

/// Does the job for each container, all at the same time.
pub(in crate::cli) fn run(session: &Session<'_>, names: &[ContainerName], job: Job) -> Outcome {
    require_root(job.as_str())?;
    let snapshot = observe()?;
    let known = |name: &ContainerName| {
        let recorded = snapshot.generation.as_ref().is_some_and(|generation| generation.records.contains_key(name));
        snapshot.containers.contains_key(name) || (recorded && matches!(job, Job::Start | Job::Restart))
    };
    let unknown: Vec<_> = names.iter().filter(|name| !known(name)).collect();
    if !unknown.is_empty() {
        return Err(unknown.into_iter().map(|name| no_such_container(name, &snapshot)).collect());
    }
    let _lock = lock()?;
    write_missing(names, &snapshot).map_err(|error| vec![failure(Code::Host, &error)])?;
    let terminal = session.terminal;
    let failed: Vec<Diagnostic> = std::thread::scope(|scope| {
        let jobs: Vec<_> = names.iter().map(|name| scope.spawn(move || waited_for(terminal, name, job))).collect();
        let results =
            jobs.into_iter().map(|job| job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        results.filter_map(|result| result.err().map(|error| failure(Code::Host, &error))).collect()
    });
    session.terminal.findings(&mounts_left(names.iter()), session.sources);
    if failed.is_empty() {
        session.terminal.progress(&format!("{}: done", job.as_str()));
        return Ok(0);
    }
    Err(failed)
}

fn waited_for(terminal: Terminal, name: &ContainerName, job: Job) -> Result<(), HostError> {
    let doing = match job {
        Job::Start => "starting",
        Job::Stop => "stopping",
        Job::Restart => "restarting",
        Job::Kill => "killing",
    };
    let _in_hand = progress::begin(terminal, &format!("{name}: {doing}"));
    once(name, job)
}

fn once(name: &ContainerName, job: Job) -> Result<(), HostError> {
    let host = Linux::new();
    match job {
        Job::Start => host.start(name),
        Job::Stop => host.stop(name),
        Job::Restart => host.restart(name),
        Job::Kill => std::thread::scope(|scope| {
            // Stopped as well: systemd would start again what was only killed.
            let stopped = scope.spawn(|| host.stop(name));
            let killed = host.kill(name, nix::libc::SIGKILL);
            stopped.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            // What is gone by now needs no signal.
            drop(killed);
            Ok(())
        }),
    }
}

/// Writes the units without which nothing could be started: after a boot without the boot service there are none, and they
/// are written from the generation; of those that call a program which is gone, what they start stays the same.
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

/// A name that no container of this host has.
pub(in crate::cli) fn no_such_container(name: &ContainerName, snapshot: &Snapshot) -> Diagnostic {
    let recorded = snapshot.generation.iter().flat_map(|generation| generation.records.keys());
    let known = snapshot.containers.keys().chain(recorded).map(ContainerName::as_str).collect();
    let help = suggestion(name, &known, "this host has")
        .unwrap_or_else(|| String::from("this host has no containers; `container-rebuild switch` brings them up"));
    Diagnostic::error(Code::Usage, format!("there is no container `{name}` on this host")).help(help)
}
