//! Runs commands in a running guest.
//!
//! A command is a transient service of the guest's own systemd, as with systemd-run(1). It has the guest's view, limits
//! and journal, and it ends with the guest, or when the caller stops waiting for it. Every NixOS guest has the system
//! bus through which its systemd is called.
//!
//! Invariants:
//! - A path in the guest is always opened beneath the guest's root, since a guest may put symlinks anywhere.
//! - No descriptor of the host's terminal gets into a guest, which could type on it. If a stream is a terminal here, it
//!   is a pseudo-terminal of the guest, or a pipe, there.
//! - The terminal is restored before this returns, whatever happens.

mod dbus;
mod error;
mod health;
mod journal;
mod output;
mod root;
mod service;
mod streams;
mod terminal;

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

pub(super) use error::GuestError;
pub(super) use health::{health, unit_states};
pub(super) use journal::{Journal, at_rest, of_guest};
use output::Output;
use root::Root;
use service::{Ended, Service};
use streams::Streams;
use terminal::Terminal;

use super::machined;
use super::waiting;
use crate::app::GuestCommand;
use crate::state::Machine;

/// The search path of a login shell: NixOS's, followed by that of other distributions.
const SEARCH_PATH: &str = "/run/wrappers/bin:/root/.nix-profile/bin:/etc/profiles/per-user/root/bin:\
                           /nix/var/nix/profiles/default/bin:/run/current-system/sw/bin:\
                           /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How long a guest may take over a command that nobody watches, in microseconds: ten minutes, which is longer than
/// systemd lets all of its services take to stop.
const CALL_LIMIT_USEC: u64 = 600_000_000;

/// Runs a command as root in a guest, connected to our standard streams, until it ends.
///
/// SIGINT, SIGTERM and SIGHUP are passed on to it.
///
/// # Returns
/// Its exit status; 128 plus the number of the signal that killed it; 127 if the program does not exist.
///
/// # Errors
///
/// If the command cannot be started, or the guest stops before it ends.
pub(super) fn run(machine: &Machine, command: &GuestCommand) -> Result<u8, GuestError> {
    let name = machine.name.as_str();
    let root = Root::open(machine)?;
    let arguments = arguments(&root, command)?;
    let failed = |source: io::Error| GuestError::Unreachable { name: name.to_owned(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let _entered = runtime.enter();
    let mut service = Service::new(name, arguments);
    // Needed even for root: otherwise systemd does not set HOME and the like (systemd.exec(5)).
    service.set("User", "root");
    service.set("WorkingDirectory", "-/root");
    let mut environment = vec![format!("PATH={SEARCH_PATH}")];
    let terminal = if terminal::is_used() { Some(open_terminal(machine)?) } else { None };
    let ended = if let Some((terminal, path)) = terminal {
        let variables = ["TERM", "COLORTERM"].into_iter();
        environment.extend(variables.filter_map(|name| Some(format!("{name}={}", std::env::var(name).ok()?))));
        for stream in ["StandardInput", "StandardOutput", "StandardError"] {
            service.set(stream, "tty");
        }
        service.set("TTYPath", path);
        service.set("Environment", environment);
        // Interactive shells ignore SIGTERM.
        service.set("SendSIGHUP", true);
        let session = terminal.begin().map_err(GuestError::Terminal)?;
        let ended = runtime.block_on(service.run(&root, Some(&|| session.resize())));
        session.end();
        ended
    } else {
        service.set("Environment", environment);
        let (streams, descriptors) = Streams::open().map_err(GuestError::Terminal)?;
        let properties = ["StandardInput", "StandardOutput", "StandardError"];
        for (stream, descriptor) in properties.into_iter().zip(descriptors) {
            service.set(&format!("{stream}FileDescriptor"), zbus::Fd::from(descriptor));
        }
        let ended = runtime.block_on(service.run(&root, Some(&|| {})));
        // The guest's ends of the pipes must be closed for our ends to see the end of file.
        drop(service);
        streams.finish();
        ended
    };
    Ok(status(ended?))
}

/// How a command ended that nobody watched.
#[derive(Debug)]
pub(super) struct Answer {
    /// As for [`run`].
    pub(super) status: u8,
    /// The last lines that it printed.
    pub(super) output: Vec<String>,
}

/// Runs a program as root in a guest until it ends. Signals are not passed on to it.
pub(super) fn call(machine: &Machine, words: &[&str]) -> Result<Answer, GuestError> {
    let root = Root::open(machine)?;
    root.must_have(words[0])?;
    let failed = |source: io::Error| GuestError::Unreachable { name: machine.name.clone(), source };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let _entered = runtime.enter();
    let command = GuestCommand::Program(words.iter().map(std::ffi::OsString::from).collect());
    let mut service = Service::new(&machine.name, arguments(&root, &command)?);
    service.set("User", "root");
    service.set("WorkingDirectory", "-/root");
    service.set("Environment", vec![format!("PATH={SEARCH_PATH}")]);
    service.set("RuntimeMaxUSec", CALL_LIMIT_USEC);
    let output = Output::new().map_err(failed)?;
    for stream in ["StandardOutput", "StandardError"] {
        service.set(&format!("{stream}FileDescriptor"), zbus::Fd::from(output.descriptor().map_err(failed)?));
    }
    tracing::debug!(guest = machine.name, ?words, "systemd of the guest: run a command");
    // The guest's systemd enforces the limit, unless it hangs itself.
    let limit = Duration::from_micros(CALL_LIMIT_USEC) + waiting::ANSWER;
    let ended = runtime.block_on(waiting::patiently(limit, service.run(&root, None)));
    let gave_up = |reason| GuestError::GaveUp { name: machine.name.clone(), what: words.join(" "), reason };
    Ok(Answer { status: status(ended.map_err(gave_up)??), output: output.lines() })
}

/// The system in the store that a guest says it runs.
pub(super) fn current_system(machine: &Machine) -> Option<PathBuf> {
    Root::open(machine).ok()?.current_system()
}

/// Whether a path in the guest is the file or directory that `there` is on the host, through any mount.
pub(super) fn sees(machine: &Machine, path: &str, there: &std::fs::Metadata) -> Result<bool, GuestError> {
    Ok(Root::open(machine)?.is_same(path, there))
}

fn status(ended: Ended) -> u8 {
    // Exit statuses are bytes, and signals are below 65.
    match ended {
        Ended::Exited(status) => u8::try_from(status).unwrap_or(u8::MAX),
        Ended::Killed(signal) => u8::try_from(128 + signal).unwrap_or(u8::MAX),
    }
}

fn open_terminal(machine: &Machine) -> Result<(Terminal, String), GuestError> {
    let refused = |source| GuestError::NoTerminal { name: machine.name.clone(), source };
    let (master, path) = machined::open_terminal(&machine.name).map_err(refused)?;
    Ok((Terminal::new(master).map_err(GuestError::Terminal)?, path))
}

/// The program for systemd to execute, and its arguments, starting with number 0.
fn arguments(root: &Root, command: &GuestCommand) -> Result<(String, Vec<String>), GuestError> {
    match command {
        GuestCommand::Shell => {
            let shell = root.login_shell()?;
            let base = shell.rsplit('/').next().unwrap_or_default();
            // The dash makes it a login shell (login(1)).
            let zeroth = format!("-{base}");
            Ok((shell, vec![zeroth]))
        }
        GuestCommand::Program(words) => {
            let shell = "/bin/sh";
            root.must_have(shell)?;
            let mut arguments: Vec<String> =
                ["sh", "-l", "-c", "exec \"$@\"", "sh"].into_iter().map(str::to_owned).collect();
            for word in words {
                let text = std::str::from_utf8(word.as_bytes());
                let text = text.map_err(|_| GuestError::NotUtf8 { argument: word.clone() })?;
                arguments.push(text.to_owned());
            }
            Ok((shell.to_owned(), arguments))
        }
    }
}
