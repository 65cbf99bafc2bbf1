//! What has to go with this process when a signal ends it before its time: processes that it waits for, and directories that
//! are only for now.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;

use super::wipe;

/// How long a process may take to end itself.
const PATIENCE: Duration = Duration::from_secs(3);
const INTERVAL: Duration = Duration::from_millis(20);

struct Left {
    processes: Vec<Pid>,
    directories: Vec<PathBuf>,
}

static LEFT: Mutex<Left> = Mutex::new(Left { processes: Vec::new(), directories: Vec::new() });

/// Whoever comes here after [`end_all`] waits for the end of the process.
fn left() -> MutexGuard<'static, Left> {
    LEFT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process that goes with this one until it is dropped, which has to be before it is reaped.
#[derive(Debug)]
pub(super) struct Process(Pid);

impl Process {
    pub(super) fn new(child: &Child) -> Self {
        let pid =
            Pid::from_raw(i32::try_from(child.id()).expect("the kernel's numbers of processes are positive ints"));
        left().processes.push(pid);
        Self(pid)
    }

    /// Waits for its end, without reaping it: until then its number is nobody else's.
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

/// A directory of symlinks that goes with this process until this is dropped.
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

/// Ends all of them. From then on nothing new is begun: who would, waits for the end of this process, which the caller
/// brings.
pub fn end_all() {
    let left = left();
    for pid in &left.processes {
        // One that ended in this moment needs no signal.
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
