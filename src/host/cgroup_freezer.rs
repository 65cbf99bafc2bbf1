//! Holds a guest back until its network is there.
//!
//! systemd-nspawn moves its guest's first process into the cgroup `payload` of the unit, and itself into `supervisor`, when
//! all namespaces are made and before the guest's first instruction. One that is frozen by then (cgroups(7), `cgroup.freeze`) stops
//! right there, and nspawn waits for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::Pid;

use super::waiting::{self, ENDLESS};

/// Where the unified hierarchy is, alone or beside others.
const HIERARCHIES: [&str; 2] = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"];

/// How often the gate is looked at.
const INTERVAL: Duration = Duration::from_millis(2);

/// The gate of the unit that we run in.
#[derive(Debug)]
pub(super) struct Freezer {
    payload: PathBuf,
    supervisor: PathBuf,
}

impl Freezer {
    /// The gate of our unit, whose process has not gone elsewhere yet.
    pub(super) fn new() -> io::Result<Self> {
        let unit = fs::read_to_string("/proc/self/cgroup")?;
        let unit = unit.lines().find_map(|line| line.strip_prefix("0::/")).unwrap_or_default();
        let unit = unit.strip_suffix("/supervisor").unwrap_or(unit);
        let found = HIERARCHIES.iter().map(|hierarchy| Path::new(hierarchy).join(unit));
        let found = found.into_iter().find(|unit| unit.join("cgroup.freeze").exists());
        let unit = found.ok_or_else(|| {
            let message = "the unit has no cgroup that can be frozen: private users need the unified hierarchy";
            io::Error::new(io::ErrorKind::Unsupported, message)
        })?;
        Ok(Self { payload: unit.join("payload"), supervisor: unit.join("supervisor") })
    }

    /// Shuts it, for a guest that is about to come.
    pub(super) fn shut(&self) -> io::Result<()> {
        fs::create_dir_all(&self.payload)?;
        fs::write(self.payload.join("cgroup.freeze"), "1")
    }

    /// Lets the guest go on.
    pub(super) fn open(&self) -> io::Result<()> {
        fs::write(self.payload.join("cgroup.freeze"), "0")
    }

    /// Takes this process out of nspawn's way, which hands out controllers where no process is left.
    pub(super) fn step_aside(&self) -> io::Result<()> {
        fs::create_dir_all(&self.supervisor)?;
        fs::write(self.supervisor.join("cgroup.procs"), std::process::id().to_string())
    }

    /// Waits for the guest's first process. How long a start may take is for systemd to say, which ends this process too;
    /// where it sets no limit, there is one here.
    pub(super) fn guest(&self) -> io::Result<Pid> {
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
