//! Starts, stops, restarts and kills single containers.

use super::carry_out::mounts_left;
use super::context::Context;
use super::findings::{failed_step, of_degraded};
use super::live_host::LiveHost;
use super::only::no_such_container;
use super::plan::observe;
use super::ready::lock;
use super::ui::Work;
use crate::apply::{Degraded, HostError, Reached, files};
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::state::{Health, Installed, JournalEntry, Snapshot};

/// What to do with a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
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
    /// The word for it on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Kill => "kill",
        }
    }

    fn ongoing(self) -> &'static str {
        match self {
            Self::Start => "starting",
            Self::Stop => "stopping",
            Self::Restart => "restarting",
            Self::Kill => "killing",
        }
    }

    fn starts(self) -> bool {
        matches!(self, Self::Start | Self::Restart)
    }
}

/// Does a job for all containers in parallel, and waits for all of them. Returns the guests that it started and that
/// are degraded.
///
/// # Errors
///
/// If a container does not exist; then nothing was done. Otherwise, the jobs that failed.
pub fn lifecycle(
    cx: &Context<'_>,
    host: &dyn LiveHost,
    names: &[ContainerName],
    job: Job,
) -> Result<Vec<Degraded>, Vec<Diagnostic>> {
    let snapshot = observe(host)?;
    let known = |name: &ContainerName| {
        let recorded = snapshot.generation.as_ref().is_some_and(|generation| generation.records.contains_key(name));
        snapshot.containers.contains_key(name) || (recorded && job.starts())
    };
    let unknown: Vec<_> = names.iter().filter(|name| !known(name)).collect();
    if !unknown.is_empty() {
        return Err(unknown.into_iter().map(|name| no_such_container(name, &snapshot)).collect());
    }
    let _lock = lock(host)?;
    write_missing(host, names, &snapshot).map_err(|error| vec![Diagnostic::caused_by(Code::Host, &error)])?;
    let results: Vec<_> = std::thread::scope(|scope| {
        let jobs: Vec<_> = names
            .iter()
            .map(|name| {
                let ongoing = cx.ui.begin(Work::Single(name, job.ongoing()));
                let container = name.as_str();
                let span = tracing::error_span!("job", container, action = job.as_str());
                scope.spawn(move || {
                    let _span = span.entered();
                    let result = once(host, name, job);
                    drop(ongoing);
                    result
                })
            })
            .collect();
        jobs.into_iter().map(|job| job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    cx.ui.findings(&mounts_left(host, names.iter()));
    let (mut failed, mut degraded) = (Vec::new(), Vec::new());
    for (name, result) in names.iter().zip(results) {
        match result {
            Ok(health) => degraded.extend(degraded_by(name, health)),
            Err(error) => failed.push(failed_step(&error, Some(name))),
        }
    }
    cx.ui.findings(&of_degraded(&degraded));
    if failed.is_empty() { Ok(degraded) } else { Err(failed) }
}

/// The guest's degraded state, if it is degraded after its start.
fn degraded_by(name: &ContainerName, health: Option<Health>) -> Option<Degraded> {
    let (new, old) = health.filter(Health::is_degraded)?.since(None);
    Some(Degraded { name: name.clone(), reached: Reached::Start, new, old })
}

/// Does the job. Returns the health of a guest that it started.
fn once(host: &dyn LiveHost, name: &ContainerName, job: Job) -> Result<Option<Health>, HostError> {
    let done = match job {
        Job::Start => host.start(name),
        Job::Stop => host.stop(name),
        Job::Restart => host.restart(name),
        Job::Kill => std::thread::scope(|scope| {
            // Stop the unit as well: systemd would restart a container that was only killed.
            let span = tracing::Span::current();
            let stopped = scope.spawn(move || span.in_scope(|| host.stop(name)));
            let killed = host.kill(name);
            stopped.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            // If the container is already gone, there is nothing to kill.
            drop(killed);
            Ok(())
        }),
    };
    if done.is_ok()
        && let Err(error) = host.note_step(JournalEntry::Settled(name.clone()))
    {
        tracing::warn!("{error}");
    }
    done.map(|()| if job.starts() { host.health(name) } else { None })
}

/// Writes missing or broken units, without which nothing could start.
///
/// After a boot without the boot service there are no units, and they are written from the generation. Units that call a
/// missing program are written from their own record, so that they start what they started before.
fn write_missing(host: &dyn LiveHost, names: &[ContainerName], snapshot: &Snapshot) -> Result<(), HostError> {
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
