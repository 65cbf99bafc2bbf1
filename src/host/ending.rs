//! Ends child processes and removes temporary directories when a signal ends this process early.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::wipe;

/// How long a process may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(3);
const INTERVAL: Duration = Duration::from_millis(20);

struct Left {
    processes: Vec<Pid>,
    directories: Vec<PathBuf>,
}

static LEFT: Mutex<Left> = Mutex::new(Left { processes: Vec::new(), directories: Vec::new() });

/// Callers after [`end_all`] block until the process ends, since it never releases the lock.
fn left() -> MutexGuard<'static, Left> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A child process that is ended with this one, until this value is dropped. It must be dropped before the child is
/// reaped.
#[derive(Debug)]
pub(super) struct Process(Pid);

impl Process {
    pub(super) fn new(child: &Child) -> Self {
        let pid =
            Pid::from_raw(i32::try_from(child.id()).expect("the kernel's numbers of processes are positive ints"));
        left().processes.push(pid);
        Self(pid)
    }

    /// Waits for its end without reaping it, so that its process ID cannot be reused yet.
    pub(super) fn wait(self) -> nix::Result<()> {
        loop {
            match waitid(Id::Pid(self.0), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
                Err(nix::errno::Errno::EINTR) => {}
                result => return result.map(drop),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        left().processes.retain(|pid| *pid != self.0);
    }
}

/// A directory of symlinks that is removed with this process, until this value is dropped.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new(path: &Path) -> Self {
        left().directories.push(path.to_owned());
        Self(path.to_owned())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        left().directories.retain(|path| *path != self.0);
    }
}

/// Ends all registered processes and removes all registered directories.
///
/// Afterwards nothing new can be registered: callers that try block until this process ends, which is up to the caller
/// of this function.
pub(crate) fn end_all() {
    let left = left();
    for pid in &left.processes {
        // If it has just ended, it needs no signal.
        _ = kill(*pid, Signal::SIGTERM);
    }
    for _ in 0..PATIENCE.as_millis() / INTERVAL.as_millis() {
        if left.processes.iter().all(|pid| has_ended(*pid)) {
            break;
        }
        thread::sleep(INTERVAL);
    }
    for pid in left.processes.iter().filter(|pid| !has_ended(**pid)) {
        _ = kill(*pid, Signal::SIGKILL);
    }
    for directory in &left.directories {
        // The next run removes what is left.
        drop(wipe::tree(directory));
    }
    std::mem::forget(left);
}

fn has_ended(pid: Pid) -> bool {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
    !matches!(waitid(Id::Pid(pid), flags), Ok(WaitStatus::StillAlive))
}
