//! Keeps an explanation of a failed start.
//!
//! A unit whose start failed is stopped, and systemd then treats it like one that was never started; and an ephemeral
//! guest's journal is removed with its root. So below `/run` we keep a note that the last start failed, with what every
//! user may know, and for root the last lines of the guest's journal.
//!
//! Invariants:
//! - The note lasts until the container is launched again, by anyone, stopped by us, or removed.
//! - Errors here never make an operation fail: an explanation that is not available is left out.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::journalctl::{Entries, tail_of_guest, tail_of_host};
use super::systemd::{Job, JobFailure};
use super::{atomic_file, guest, leftovers};
use crate::diag::visible;
use crate::model::ContainerName;
use crate::render::paths;

/// How many lines of a guest's journal are kept.
const KEPT_LINES: usize = 50;
/// How many lines are shown of each journal.
const SHOWN_LINES: usize = 20;

/// The note of a failed start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FailedStart {
    format_version: u32,
    /// systemd's explanation.
    reason: String,
}

/// Notes that a start failed.
pub(super) fn note_failed_start(name: &ContainerName, job: Job, failure: &JobFailure) {
    let own = format!("{}: ", name.unit());
    let said = failure.log.iter().map(|line| visible(line.strip_prefix(&own).unwrap_or(line)));
    let what = format!("the {} job ended with `{}`", job.as_str(), visible(&failure.result));
    let reason = std::iter::once(what).chain(said).collect::<Vec<_>>().join("; ");
    let json = serde_json::to_vec(&FailedStart { format_version: 1, reason }).expect("it has string keys only");
    if let Err(error) = atomic_file::write(&paths::failed_start(name), &json, 0o644) {
        tracing::warn!(%name, %error, "cannot note that the start failed");
    }
}

/// Why the last start of a stopped container failed; `None` if it did not.
pub(crate) fn failed_start(name: &ContainerName) -> Option<String> {
    let json = fs::read(paths::failed_start(name)).ok()?;
    serde_json::from_slice::<FailedStart>(&json).ok().map(|failed| failed.reason)
}

/// Removes the note of a failed start.
pub(crate) fn forget_failed_start(name: &ContainerName) {
    forget_at(&paths::failed_start(name));
}

/// Removes everything that is kept about a container.
pub(super) fn forget(name: &ContainerName) {
    forget_failed_start(name);
    forget_at(&paths::last_log(name));
}

fn forget_at(path: &Path) {
    // If the file does not exist, do not sync its directory.
    if path.symlink_metadata().is_ok()
        && let Err(error) = atomic_file::remove(path)
    {
        tracing::warn!(path = %path.display(), %error, "cannot remove it");
    }
}

/// When the container was last launched: the record is written just before.
fn launched(name: &ContainerName) -> Option<i64> {
    paths::booted(name).metadata().ok().map(|metadata| metadata.mtime())
}

/// Keeps the last lines of the guest's journal if its unit failed, before the rest of its root is removed. Called from
/// `ExecStopPost=`, to which systemd passes how the service ended (systemd.exec(5)).
pub(crate) fn keep_of_root(name: &ContainerName) {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let invocation = variable("INVOCATION_ID");
    if matches!(variable("SERVICE_RESULT").as_str(), "" | "success") || invocation.is_empty() {
        return;
    }
    let since = launched(name);
    let kept = paths::root(name);
    let lines = leftovers::roots_of(name).iter().chain([&kept]).find_map(|root| {
        let journal = guest::at_rest(root).ok().flatten()?;
        Some(tail_of_guest(&journal, KEPT_LINES, since)).filter(|lines| !lines.is_empty())
    });
    let Some(lines) = lines else { return };
    let text = format!("{invocation}\n{}\n", lines.join("\n"));
    if let Err(error) = atomic_file::write(&paths::last_log(name), text.as_bytes(), 0o600) {
        tracing::warn!(%name, %error, "cannot keep the last lines of the guest's journal");
    }
}

/// The lines that [`keep_of_root`] kept from the run `invocation`.
fn kept(name: &ContainerName, invocation: &str) -> Vec<String> {
    let text = fs::read_to_string(paths::last_log(name)).unwrap_or_default();
    match text.split_once('\n') {
        Some((of, lines)) if of == invocation => lines.lines().map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The explanation of a failed job: systemd's own, the last output of systemd-nspawn and of the guest's console, and
/// the last lines of the guest's journal.
pub(super) fn of_failure(name: &ContainerName, failure: &JobFailure) -> Vec<String> {
    let mut lines = failure.log.clone();
    let invocation = failure.invocation.as_deref().unwrap_or_default();
    if !invocation.is_empty() {
        let console = tail_of_host(&Entries::Invocation(invocation.to_owned()), SHOWN_LINES);
        add(&mut lines, "its systemd-nspawn and its console wrote last:", console);
    }
    add(&mut lines, "its journal ends with:", kept(name, invocation));
    lines
}

fn add(lines: &mut Vec<String>, heading: &str, more: Vec<String>) {
    if !more.is_empty() {
        lines.push(heading.to_owned());
        let last = more.len().saturating_sub(SHOWN_LINES);
        lines.extend(more.into_iter().skip(last).map(|line| format!("  {line}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;

    fn name() -> ContainerName {
        ContainerName::new("wasabi").expect("a good name")
    }

    fn failure() -> JobFailure {
        let log = vec!["cannot open\u{1b}[2J it".to_owned(), "container@wasabi.service: exit-code".to_owned()];
        JobFailure { result: "failed".to_owned(), log, invocation: Some("0123".to_owned()) }
    }

    #[test]
    fn a_failed_start_is_noted_until_it_is_forgotten() {
        empty_host(|| {
            assert_eq!(failed_start(&name()), None);
            note_failed_start(&name(), Job::Start, &failure());
            let reason = "the start job ended with `failed`; cannot open\\u{1b}[2J it; exit-code";
            assert_eq!(failed_start(&name()).as_deref(), Some(reason));
            forget(&name());
            forget(&name());
            assert_eq!(failed_start(&name()), None);
        });
    }

    #[test]
    fn lines_from_another_run_are_not_shown() {
        empty_host(|| {
            atomic_file::write(&paths::last_log(&name()), b"0123\none\ntwo\n", 0o600).expect("written");
            let lines = of_failure(&name(), &failure());
            assert_eq!(lines[2..], ["its journal ends with:", "  one", "  two"]);
            let other = JobFailure { invocation: Some("4567".to_owned()), ..failure() };
            assert_eq!(of_failure(&name(), &other).len(), 2);
        });
    }
}
