//! Freezes a guest until its network is ready.
//!
//! systemd-nspawn moves the guest's first process into the cgroup `payload` of the unit, and itself into `supervisor`.
//! It does so after creating all namespaces and before the guest's first instruction. If `payload` is frozen by then
//! (cgroups(7), `cgroup.freeze`), the guest stops right there, and nspawn waits for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::waiting::{self, ENDLESS};

/// Where the unified hierarchy is mounted, alone or beside others.
const HIERARCHIES: [&str; 2] = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/// How often to poll for the guest's first process.
const INTERVAL: Duration = Duration::from_millis(2);

/// The cgroups of the unit that this process runs in.
#[derive(Debug)]
pub(super) struct Freezer {
    payload: PathBuf,
    supervisor: PathBuf,
}

impl Freezer {
    /// Finds the cgroups of this process's unit.
    pub(super) fn new() -> io::Result<Self> {
        let unit = fs::read_to_string("/proc/self/cgroup")?;
        let unit = unit.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
        let unit = unit.strip_suffix("/supervisor").unwrap_or(unit);
        let found = HIERARCHIES.iter().map(|hierarchy| Path::new(hierarchy).join(unit));
        let found = found.into_iter().find(|unit| unit.join("cgroup.freeze").exists());
        let unit = found.ok_or_else(|| {
            let message = "the unit's cgroup cannot be frozen: private users need the unified cgroup hierarchy";
            io::Error::new(io::ErrorKind::Unsupported, message)
        })?;
        Ok(Self { payload: unit.join("payload"), supervisor: unit.join("supervisor") })
    }

    /// Freezes the guest's cgroup before the guest enters it.
    pub(super) fn freeze(&self) -> io::Result<()> {
        fs::create_dir_all(&self.payload)?;
        fs::write(self.payload.join("cgroup.freeze"), "1")
    }

    /// Thaws the guest.
    pub(super) fn thaw(&self) -> io::Result<()> {
        fs::write(self.payload.join("cgroup.freeze"), "0")
    }

    /// Moves this process into `supervisor`: nspawn can only delegate controllers while the unit's own cgroup has no
    /// processes.
    pub(super) fn step_aside(&self) -> io::Result<()> {
        fs::create_dir_all(&self.supervisor)?;
        fs::write(self.supervisor.join("cgroup.procs"), std::process::id().to_string())
    }

    /// Waits for the guest's first process. Normally systemd's start timeout ends the wait, by ending this process; if
    /// the unit has none, [`ENDLESS`] does.
    pub(super) fn wait_for_guest(&self) -> io::Result<Pid> {
        let begun = Instant::now();
        loop {
            let processes = fs::read_to_string(self.payload.join("cgroup.procs"))?;
            if let Some(first) = processes.lines().find_map(|line| line.parse().ok()) {
                return Ok(Pid::from_raw(first));
            }
            if begun.elapsed() > ENDLESS {
                return Err(waiting::no_answer(ENDLESS));
            }
            thread::sleep(INTERVAL);
        }
    }
}
