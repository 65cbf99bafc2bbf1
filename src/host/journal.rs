//! The host's journal (systemd-journald.service(8), through its native protocol).
//!
//! Takes: entries. Nobody waits for the journal: a thread of its own sends them, and what does not fit into its queue is
//! dropped.

use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use tracing::Level;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use crate::model::ContainerName;

/// As which program we are known there (`journalctl -t`).
pub const IDENTIFIER: &str = "container-rebuild";
/// How many entries wait for a slow journal.
const QUEUE: usize = 4096;
/// How long the end of the program waits for the last of them.
const PATIENCE: Duration = Duration::from_secs(3);

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// How grave it is.
    pub level: Level,
    /// The text.
    pub message: String,
    /// Whom it is about (field `CONTAINER`).
    pub container: Option<ContainerName>,
    /// What is done (field `ACTION`).
    pub action: Option<&'static str>,
}

/// The journal. What was sent is there when this is dropped, if the journal takes it.
#[derive(Debug)]
pub struct Journal {
    entries: Option<SyncSender<Entry>>,
    ended: Receiver<()>,
}

impl Journal {
    /// The journal of this host, where it has one.
    pub fn open() -> Option<Self> {
        // The field names are the protocol's: neither prefixed nor changed.
        let layer = tracing_journald::layer().ok()?;
        let layer = layer.with_field_prefix(None).with_syslog_identifier(IDENTIFIER.to_owned());
        let (entries, queue) = sync_channel::<Entry>(QUEUE);
        let (end, ended) = sync_channel(1);
        let send = move || {
            tracing::subscriber::with_default(Registry::default().with(layer), || queue.iter().for_each(send));
            // Nobody may be waiting any more.
            _ = end.send(());
        };
        std::thread::Builder::new().name("journal".to_owned()).spawn(send).ok()?;
        Some(Self { entries: Some(entries), ended })
    }

    /// Sends an entry, without waiting.
    pub fn send(&self, entry: Entry) {
        if let Some(entries) = &self.entries {
            // A journal that takes nothing has to do without.
            _ = entries.try_send(entry);
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.entries.take());
        if self.ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::debug!("the journal does not take what we have to say");
        }
    }
}

fn send(entry: Entry) {
    let (message, container) = (entry.message, entry.container.as_ref().map(ContainerName::as_str));
    // The level of an event is a constant.
    match entry.level {
        Level::ERROR => tracing::error!(container, action = entry.action, "{message}"),
        Level::WARN => tracing::warn!(container, action = entry.action, "{message}"),
        _ => tracing::info!(container, action = entry.action, "{message}"),
    }
}

/// Whether what is written to `stream` goes to the journal anyhow (systemd.exec(5), `JOURNAL_STREAM`).
pub fn is_stream(stream: impl AsFd) -> bool {
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
