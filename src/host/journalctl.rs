//! Reads journals with journalctl(1).
//!
//! Takes: the journal of a guest, or a unit in the host's journal. Gives: its last lines, limited in time and size and
//! free of terminal escape sequences; or journalctl in place of our process, for people to read.

use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use super::guest::Journal;
use crate::app::JournalOptions;
use crate::diag::visible;

/// How long journalctl may take for a few lines: an explanation of a failure must not delay it by more.
const LIMIT: Duration = Duration::from_secs(3);
/// The most bytes that are read of its output.
const MOST_BYTES: u64 = 1 << 20;
/// The number of entries to search for relevant lines.
const READ_LINES: usize = 1000;
/// The length at which lines are cut, in characters.
const LONGEST_LINE: usize = 400;

/// Selects entries of the host's journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entries {
    /// The entries of a unit.
    Unit(String),
    /// The entries that processes of one run of a unit wrote.
    Invocation(String),
}

/// The arguments of journalctl for these options.
fn arguments(options: &JournalOptions) -> impl Iterator<Item = String> {
    let follow = options.follow.then(|| String::from("--follow"));
    let lines = options.lines.as_ref().map(|lines| format!("--lines={lines}"));
    let since = options.since.as_ref().map(|since| format!("--since={since}"));
    [follow, lines, since].into_iter().flatten()
}

/// A journalctl command for a guest's journal. It prefers the journalctl of the guest's system, if `system` is in the
/// store: that one can certainly read the format.
fn of_guest(journal: &Journal, system: Option<&Path>) -> std::io::Result<Command> {
    let own = system.map(|system| system.join("sw/bin/journalctl"));
    let own = own.filter(|program| program.starts_with("/nix/store") && program.is_file());
    let mut command = Command::new(own.unwrap_or_else(|| PathBuf::from("journalctl")));
    // Like the host's, the guest's journal directory has a subdirectory for each machine ID.
    let inherited: OwnedFd = journal.as_fd().try_clone_to_owned()?;
    command.arg(format!("--directory=/proc/self/fd/{}", inherited.as_raw_fd()));
    let inherit = move || {
        fcntl(inherited.as_fd(), FcntlArg::F_SETFD(FdFlag::empty()))?;
        Ok(())
    };
    // SAFETY: between fork and exec it makes one system call, and allocates nothing.
    unsafe { command.pre_exec(inherit) };
    Ok(command)
}

fn of_host(entries: &Entries) -> Command {
    let mut command = Command::new("journalctl");
    match entries {
        Entries::Unit(unit) => command.arg(format!("--unit={unit}")),
        Entries::Invocation(id) => command.arg(format!("_SYSTEMD_INVOCATION_ID={id}")),
    };
    command
}

/// Replaces this process with a journalctl that shows a guest's journal; returns only on failure.
pub(super) fn show_of_guest(journal: &Journal, system: Option<&Path>, options: &JournalOptions) -> std::io::Error {
    match of_guest(journal, system) {
        Ok(mut command) => command.args(arguments(options)).exec(),
        Err(error) => error,
    }
}

/// Replaces this process with a journalctl that shows entries of the host's journal; returns only on failure.
pub(super) fn show_of_host(entries: &Entries, options: &JournalOptions) -> std::io::Error {
    of_host(entries).args(arguments(options)).exec()
}

/// The last `lines` lines of a guest's journal that may explain a failure, since a time in seconds since the epoch;
/// empty if it cannot be read.
pub(super) fn tail_of_guest(journal: &Journal, lines: usize, since: Option<i64>) -> Vec<String> {
    let Ok(mut command) = of_guest(journal, None) else { return Vec::new() };
    command.args(["--output=short", "--no-hostname"]);
    command.args(since.map(|since| format!("--since=@{since}")));
    tail(command, READ_LINES, lines, |line| !is_routine_of_guest(line))
}

/// Whether a line of a guest's journal is a routine message of its systemd. A guest that does not start in time is shut
/// down in good order, about which its systemd logs far more than about what it waited for.
fn is_routine_of_guest(line: &str) -> bool {
    let Some((before, message)) = line.split_once("[1]: ") else { return false };
    before.contains(" systemd") && !is_trouble(message)
}

/// Whether a line of a guest's console is a routine message (systemd(1), `systemd.show_status`).
fn is_routine_of_console(line: &str) -> bool {
    line.starts_with("[  OK  ]") || line.starts_with("         ")
}

fn is_trouble(message: &str) -> bool {
    ["ailed", "timed out", "Dependency", "error", "cannot", "Cannot"].iter().any(|word| message.contains(word))
}

/// The last `lines` relevant lines of the host's journal about a container's run, without time and origin; empty if the
/// host has no journal.
pub(super) fn tail_of_host(entries: &Entries, lines: usize) -> Vec<String> {
    let mut synchronize = Command::new("journalctl");
    synchronize.arg("--sync");
    // The last lines may still be on their way to the journal.
    drop(tail(synchronize, 0, 0, |_| true));
    let mut command = of_host(entries);
    command.arg("--output=cat");
    tail(command, READ_LINES, lines, |line| !is_routine_of_console(line))
}

/// The last `lines` lines for which `is_wanted` holds, out of the last `read` entries (all if 0).
fn tail(mut command: Command, read: usize, lines: usize, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    command.args(["--no-pager", "--quiet"]);
    if read > 0 {
        command.arg(format!("--lines={read}"));
    }
    tracing::debug!(?command, "run");
    command.env("SYSTEMD_COLORS", "0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return Vec::new() };
    let stdout = child.stdout.take();
    let (sender, printed) = mpsc::channel();
    // The thread ends with journalctl, which is killed below at the latest.
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(stdout) = stdout {
            drop(stdout.take(MOST_BYTES).read_to_end(&mut text));
        }
        drop(sender.send(text));
    });
    let text = printed.recv_timeout(LIMIT).unwrap_or_default();
    // Has no effect if it has ended already.
    drop(child.kill());
    drop(child.wait());
    last_lines(&String::from_utf8_lossy(&text), lines, is_wanted)
}

/// The last lines of a text, made safe to show. One journal entry may have many lines.
fn last_lines(text: &str, lines: usize, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let shown = text.lines().map(|line| {
        let mut chars = line.trim_end().chars();
        let start: String = chars.by_ref().take(LONGEST_LINE).collect();
        let dots = if chars.next().is_some() { "..." } else { "" };
        visible(&without_colours(&start)) + dots
    });
    let shown: Vec<_> = shown.filter(|line| !line.is_empty() && is_wanted(line)).collect();
    shown[shown.len().saturating_sub(lines)..].to_vec()
}

/// Removes the colours that a guest's systemd uses on its console (ECMA-48, SGR).
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.find(|c: char| !(c.is_ascii_digit() || c == ';'));
        match end {
            Some(end) if after[end..].starts_with('m') => rest = &after[end + 1..],
            _ => {
                plain.push_str("\u{1b}[");
                rest = after;
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_limited_and_escaped() {
        let text = format!("one\n\u{1b}[0;1;31mtwo\u{1b}[0m\u{1b}]0;title\u{7}\u{1b}[2J\n\n{}\n", "x".repeat(1000));
        let lines = last_lines(&text, 2, |_| true);
        assert_eq!(lines[0], "two\\u{1b}]0;title\\u{7}\\u{1b}[2J");
        assert_eq!(lines[1], "x".repeat(LONGEST_LINE) + "...");
        assert_eq!(last_lines(&text, 5, |_| true).len(), 3);
        assert_eq!(last_lines(&text, 0, |_| true).len(), 0);
        assert_eq!(without_colours("a\u{1b}["), "a\u{1b}[");
    }

    #[test]
    fn routine_messages_are_recognised() {
        #[rustfmt::skip]
        let table = [
            ("Dec 01 16:57:19 systemd[1]: Stopped target network.target - Network.",          true),
            ("Dec 01 16:57:19 systemd-shutdown[1]: Syncing filesystems and block devices.",    true),
            ("Dec 01 16:57:19 systemd[1]: a.service: Failed with result 'exit-code'.",         false),
            ("Dec 01 16:57:19 systemd[1]: Dependency failed for a.service.",                   false),
            ("Dec 01 16:57:19 nginx[12]: bind() to 0.0.0.0:80",                                false),
            ("Dec 01 16:57:19 mine[1]: started",                                               false),
        ];
        for (line, expected) in table {
            assert_eq!(is_routine_of_guest(line), expected, "{line}");
        }
        #[rustfmt::skip]
        let table = [
            ("[  OK  ] Stopped a.service.",                  true),
            ("         Starting a.service...",               true),
            ("[FAILED] Failed to start a.service.",          false),
            ("execv(/nix/store/1-a/init) failed: No such file or directory", false),
        ];
        for (line, expected) in table {
            assert_eq!(is_routine_of_console(line), expected, "{line}");
        }
    }

    #[test]
    fn a_journalctl_that_hangs_is_killed() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo line; exec sleep 600", "sh"]);
        let begun = std::time::Instant::now();
        tail(command, 5, 5, |_| true);
        assert!(begun.elapsed() < LIMIT + Duration::from_secs(5));
        assert_eq!(tail(Command::new("/nonexistent/journalctl"), 5, 5, |_| true), Vec::<String>::new());
    }
}
