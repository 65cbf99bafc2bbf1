//! Writes to the host's journal (systemd-journald.service(8), through its native protocol).
//!
//! Takes: entries. Callers never wait for the journal: a separate thread sends the entries, and those that do not fit
//! in its queue are dropped.

use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use tracing::Level;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use crate::model::ContainerName;

/// Our name in the journal (`journalctl -t`).
pub(crate) const IDENTIFIER: &str = "container-rebuild";
/// How many entries may wait for a slow journal.
const QUEUE: usize = 4096;
/// How long the program waits at its end for the last entries to be sent.
const PATIENCE: Duration = Duration::from_secs(3);

/// A journal entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The severity.
    pub level: Level,
    /// The text.
    pub message: String,
    /// The container that it is about (field `CONTAINER`).
    pub container: Option<ContainerName>,
    /// The action that it is about (field `ACTION`).
    pub action: Option<&'static str>,
    /// What the action took (field `DURATION_USEC`).
    pub took: Option<Duration>,
}

/// A connection to the journal. Dropping it waits for a limited time until all entries are sent.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: Option<SyncSender<Entry>>,
    ended: Receiver<()>,
}

impl Journal {
    /// Connects to the host's journal, if it has one.
    pub(crate) fn open() -> Option<Self> {
        // Fields keep their names, without a prefix.
        let layer = tracing_journald::layer().ok()?;
        let layer = layer.with_field_prefix(None).with_syslog_identifier(IDENTIFIER.to_owned());
        let (entries, queue) = sync_channel::<Entry>(QUEUE);
        let (end, ended) = sync_channel(1);
        let send = move || {
            tracing::subscriber::with_default(Registry::default().with(layer), || queue.iter().for_each(send));
            // The receiver may be gone.
            _ = end.send(());
        };
        std::thread::Builder::new().name("journal".to_owned()).spawn(send).ok()?;
        Some(Self { entries: Some(entries), ended })
    }

    /// Sends an entry, without waiting.
    pub(crate) fn send(&self, entry: Entry) {
        if let Some(entries) = &self.entries {
            // If the queue is full, the entry is lost.
            _ = entries.try_send(entry);
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.entries.take());
        if self.ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::debug!("the journal did not accept all entries in time");
        }
    }
}

fn send(entry: Entry) {
    let (message, container) = (entry.message, entry.container.as_ref().map(ContainerName::as_str));
    let duration_usec = entry.took.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    // tracing requires constant levels.
    match entry.level {
        Level::ERROR => tracing::error!(container, action = entry.action, duration_usec, "{message}"),
        Level::WARN => tracing::warn!(container, action = entry.action, duration_usec, "{message}"),
        _ => tracing::info!(container, action = entry.action, duration_usec, "{message}"),
    }
}

/// Whether `stream` is connected to the journal already (systemd.exec(5), `JOURNAL_STREAM`).
pub(crate) fn is_stream(stream: impl AsFd) -> bool {
    let Some(journal) = std::env::var_os("JOURNAL_STREAM") else { return false };
    let Ok(stat) = nix::sys::stat::fstat(stream) else { return false };
    journal.to_str() == Some(&format!("{}:{}", stat.st_dev, stat.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ordinary_file_is_not_the_journal() {
        let file = tempfile::tempfile().expect("a file");
        assert!(!is_stream(&file));
    }
}
