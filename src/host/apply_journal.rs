//! The journal of the apply in hand: a file to which an apply appends what the host would not show if it were killed.
//!
//! One JSON value a line. The first names the boot: a host that has booted since starts every container anew, so nothing of
//! an older journal holds any more. Callers hold the lock.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{atomic_file, kill_point};
use crate::model::{ContainerName, FORMAT_VERSION};
use crate::render::paths;
use crate::state::{JournalEntry, Unfinished};

/// The first line.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Header {
    format_version: u32,
    /// `/proc/sys/kernel/random/boot_id` (random(4)).
    boot: String,
}

impl Header {
    fn now() -> io::Result<Self> {
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
        Ok(Self { format_version: FORMAT_VERSION, boot: boot.trim().to_owned() })
    }
}

/// Reads what the applies of this boot have left half done.
///
/// # Errors
///
/// If the file cannot be read. Bad lines are no error: they set [`Unfinished::is_damaged`].
pub(super) fn read() -> io::Result<Unfinished> {
    match fs::read(paths::journal()) {
        Ok(text) => Ok(unfinished(&String::from_utf8_lossy(&text), &Header::now()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Unfinished::default()),
        Err(error) => Err(error),
    }
}

fn unfinished(text: &str, now: &Header) -> Unfinished {
    let mut unfinished = Unfinished::default();
    // A line without its end was being written when the run was killed: what it announces has not begun.
    let complete = text.rfind('\n').map_or("", |end| &text[..end]);
    let mut lines = complete.lines();
    match lines.next().map(serde_json::from_str::<Header>) {
        None => return unfinished,
        Some(Ok(header)) if header != *now => return unfinished,
        Some(Ok(_)) => {}
        Some(Err(_)) => unfinished.is_damaged = true,
    }
    for line in lines {
        match serde_json::from_str(line) {
            Ok(entry) => unfinished.note(entry),
            Err(_) => unfinished.is_damaged = true,
        }
    }
    unfinished
}

/// Appends an entry, and syncs it unless it only ends something.
///
/// # Errors
///
/// If the file cannot be written.
pub(super) fn append(entry: &JournalEntry) -> io::Result<()> {
    kill_point::reach("journal");
    let path = paths::journal();
    let is_end = matches!(entry, JournalEntry::Settled(_));
    let is_new = !path.exists();
    if is_new && is_end {
        return Ok(());
    }
    let mut text = if is_new { line(&Header::now()?) } else { String::new() };
    text += &line(entry);
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    // One write(2): a killed run leaves a whole line, or the beginning of one.
    let mut file = File::options().append(true).create(true).open(&path)?;
    file.write_all(text.as_bytes())?;
    if !is_end {
        file.sync_data()?;
    }
    if is_new {
        path.parent().map_or(Ok(()), atomic_file::sync)?;
    }
    kill_point::reach("journal written");
    Ok(())
}

/// Replaces the journal by what counts of it, and removes it if that is nothing. Kept are the containers that may be down
/// although they ran, and those that may still run half changed.
///
/// # Errors
///
/// If the file cannot be read, written or removed.
pub(super) fn compact(
    may_be_down: impl Fn(&ContainerName) -> bool,
    may_run: impl Fn(&ContainerName) -> bool,
) -> io::Result<()> {
    let path = paths::journal();
    if !path.exists() {
        return Ok(());
    }
    let Unfinished { stopped, changing, .. } = read()?;
    let stopped = stopped.into_iter().filter(may_be_down).map(JournalEntry::Stopping);
    let changing = changing
        .into_iter()
        .filter(|(name, _)| may_run(name))
        .map(|(name, record)| JournalEntry::Changing(name, record.into()));
    let entries: String = stopped.chain(changing).map(|entry| line(&entry)).collect();
    if entries.is_empty() {
        return remove(&path);
    }
    atomic_file::write(&path, (line(&Header::now()?) + &entries).as_bytes(), 0o644)
}

fn remove(path: &Path) -> io::Result<()> {
    kill_point::reach("journal removed");
    atomic_file::remove(path)
}

fn line<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("it has string keys only") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::launch::tests::record;
    use crate::host::netns::tests::empty_host;
    use crate::model::spec::Network;

    fn name(name: &str) -> ContainerName {
        ContainerName::new(name).expect("a good name")
    }

    fn entries() -> [JournalEntry; 4] {
        let record = record("c", Network::Host);
        [
            JournalEntry::Stopping(name("a")),
            JournalEntry::Stopping(name("b")),
            JournalEntry::Changing(name("c"), record.into()),
            JournalEntry::Settled(name("a")),
        ]
    }

    #[test]
    fn what_has_begun_and_not_ended_is_unfinished() {
        empty_host(|| {
            append(&JournalEntry::Settled(name("x"))).expect("nothing to end");
            assert!(!paths::journal().exists());
            entries().iter().for_each(|entry| append(entry).expect("appended"));
            let left = read().expect("read");
            assert_eq!(left.stopped, [name("b")].into());
            assert_eq!(left.changing.keys().collect::<Vec<_>>(), [&name("c")]);
            assert!(!left.is_damaged);
            compact(|_| true, |_| true).expect("compacted");
            assert_eq!(read().expect("read"), left);
            compact(|_| false, |_| true).expect("compacted");
            assert_eq!(read().expect("read"), Unfinished { stopped: [].into(), ..left });
            for settled in ["b", "c"] {
                append(&JournalEntry::Settled(name(settled))).expect("appended");
            }
            assert_eq!(read().expect("read"), Unfinished::default());
            compact(|_| true, |_| true).expect("compacted");
            assert!(!paths::journal().exists());
        });
    }

    #[test]
    fn a_journal_of_another_boot_or_version_says_nothing() {
        empty_host(|| {
            entries().iter().for_each(|entry| append(entry).expect("appended"));
            let text = fs::read_to_string(paths::journal()).expect("read");
            let now = Header::now().expect("a boot");
            let later = Header { boot: "later".to_owned(), ..Header::now().expect("a boot") };
            let newer = Header { format_version: FORMAT_VERSION + 1, ..Header::now().expect("a boot") };
            assert!(!unfinished(&text, &now).is_empty());
            assert!(unfinished(&text, &later).is_empty());
            assert!(unfinished(&text, &newer).is_empty());
        });
    }

    #[test]
    fn a_journal_counts_up_to_any_byte_at_which_it_ends() {
        empty_host(|| {
            entries().iter().for_each(|entry| append(entry).expect("appended"));
            let text = fs::read_to_string(paths::journal()).expect("read");
            let now = Header::now().expect("a boot");
            for end in 0..=text.len() {
                let cut = &text[..end];
                let whole = cut.rfind('\n').map_or("", |end| &cut[..=end]);
                assert_eq!(unfinished(cut, &now), unfinished(whole, &now), "{cut}");
                assert!(!unfinished(cut, &now).is_damaged, "{cut}");
            }
        });
    }

    #[test]
    fn damage_is_reported_and_the_other_lines_count() {
        let now = Header { format_version: FORMAT_VERSION, boot: "1".to_owned() };
        for text in [
            "nonsense\n{\"stopping\":\"a\"}\n",
            "{\"format_version\":1,\"boot\":\"1\"}\n\0\0\n{\"stopping\":\"a\"}\n",
        ] {
            let left = unfinished(text, &now);
            assert_eq!((left.stopped, left.is_damaged), ([name("a")].into(), true), "{text}");
        }
    }
}
