//! The confirmation of an applied generation, which one process waits for and another one gives.
//!
//! A file means that a process waits. Whoever removes it decides: the process that gives the confirmation, or the one that
//! waits, when its time is over. unlink(2) succeeds for one of them only.
//!
//! Should the process that waits be killed, a transient timer of systemd starts this program to go back.

use std::fs;
use std::io;
use std::process::Command;
use std::time::Duration;

use super::systemd::{self, Job};
use super::{atomic_file, bus, child, last_switch, waiting};
use crate::render::paths;

/// The transient units that go back.
const TIMER: &str = "container-rebuild-undo.timer";
const SERVICE: &str = "container-rebuild-undo.service";

/// Has systemd start `internal undo FORMER` after this time (systemd-run(1)).
pub(super) fn schedule_undo(after: Duration, former: u32) -> io::Result<()> {
    cancel_undo()?;
    let mut command = Command::new("systemd-run");
    command.args(["--quiet", "--collect", "--timer-property=AccuracySec=100ms"]);
    command.args([format!("--unit={SERVICE}"), format!("--on-active={}s", after.as_secs())]);
    // The program that units call may not be installed yet, or be another version.
    command.arg(std::env::current_exe()?).args(["internal", "undo", &former.to_string()]);
    let output = child::output(command, "", waiting::ANSWER)?;
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// Stops the timer, and a service that it has started and that still waits for the lock.
pub(super) fn cancel_undo() -> io::Result<()> {
    if !bus::is_booted_with_systemd() {
        return Ok(());
    }
    for unit in [TIMER, SERVICE] {
        if let Err(systemd::JobError::GaveUp(reason)) = systemd::run(unit, Job::Stop).map_err(io::Error::other)? {
            return Err(io::Error::other(format!("gave up waiting for the stop of {unit}: {reason}")));
        }
    }
    Ok(())
}

/// Begins to wait.
pub(super) fn expect() -> io::Result<()> {
    let text = format!("{}\n", std::process::id());
    atomic_file::write(&paths::unconfirmed(), text.as_bytes(), 0o600)
}

/// Whether the confirmation that this process waits for was given.
pub(super) fn is_given() -> bool {
    !paths::unconfirmed().exists()
}

/// Ends the wait; returns whether the confirmation was given before.
pub(super) fn end() -> io::Result<bool> {
    Ok(!remove()?)
}

/// Gives the confirmation; returns whether a process waited for it.
pub(super) fn give() -> io::Result<bool> {
    let text = fs::read_to_string(paths::unconfirmed()).unwrap_or_default();
    // The process that waits holds the lock. One that was killed left its file behind.
    match text.trim().parse() {
        Ok(process) if last_switch::holds_lock(process) => remove(),
        _ => Ok(false),
    }
}

/// Removes the file; returns whether it was there.
fn remove() -> io::Result<bool> {
    match fs::remove_file(paths::unconfirmed()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn either_the_confirmation_is_given_or_the_wait_ends() {
        empty_host(|| {
            fs::create_dir_all(paths::RUN).expect("a directory");
            expect().expect("written");
            assert!(!is_given());
            assert!(!give().expect("read"), "a process without the lock does not wait");
            assert!(!end().expect("ended"), "nobody confirmed");
            assert!(end().expect("ended"), "the file was gone");
        });
    }
}
