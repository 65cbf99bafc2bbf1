//! This process: its environment, its machine's name and memory, and the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::unistd::{SysconfVar, gethostname, sysconf};

use crate::app::{Clock, Environment};

/// The environment of this process.
pub fn environment() -> Environment {
    Environment {
        variables: std::env::vars_os().collect(),
        directory: std::env::current_dir().unwrap_or_default(),
        host_name: gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default(),
        memory: memory(),
        process: std::process::id(),
    }
}

/// The machine's memory in bytes (sysconf(3)), or `usize::MAX` if unknown.
fn memory() -> usize {
    let ask = |what| sysconf(what).ok().flatten().and_then(|value| usize::try_from(value).ok());
    match (ask(SysconfVar::_PHYS_PAGES), ask(SysconfVar::PAGE_SIZE)) {
        (Some(pages), Some(size)) => pages.saturating_mul(size),
        _ => usize::MAX,
    }
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map(|time| time.as_secs()).unwrap_or_default()
    }

    fn stop_after(&self, seconds: u64) -> Arc<AtomicBool> {
        let stop = Arc::new(AtomicBool::new(false));
        let raised = Arc::clone(&stop);
        // The thread ends with the process at the latest.
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(seconds));
            raised.store(true, Ordering::Relaxed);
        });
        stop
    }
}
