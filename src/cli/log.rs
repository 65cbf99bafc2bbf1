//! The log of a run that changes the host: to the terminal if there is one, and to the host's journal.

use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Level;

use super::terminal::Terminal;
use crate::diag::{Diagnostic, Severity};
use crate::host::journal::{self, Entry, Journal};
use crate::model::ContainerName;

/// A log to the terminal and the journal.
pub(super) struct Log {
    terminal: Terminal,
    /// `None` once the log is [closed](Log::close).
    journal: Mutex<Option<Journal>>,
    /// Whether stderr is the journal, so that lines for the terminal must not be sent twice.
    is_one: bool,
}

impl Log {
    /// Opens the journal, if there is one.
    pub(super) fn new(terminal: Terminal) -> Arc<Self> {
        let is_one = journal::is_stream(std::io::stderr().as_fd());
        Arc::new(Self { terminal, journal: Mutex::new(Journal::open()), is_one })
    }

    /// Logs a message to both. `about` names the container and the action, if it has any.
    pub(super) fn say(&self, level: Level, message: &str, about: Option<(&ContainerName, &'static str)>) {
        self.say_and_keep(level, message, message, about);
    }

    /// Prints `shown` on the terminal, where a finding will follow with the details, and logs `kept` to the journal.
    pub(super) fn say_and_keep(
        &self,
        level: Level,
        shown: &str,
        kept: &str,
        about: Option<(&ContainerName, &'static str)>,
    ) {
        self.terminal.progress_about(shown, about);
        self.keep_beside(level, kept, about, true);
    }

    /// Logs to the journal what was printed on the terminal already, if `is_shown`.
    pub(super) fn keep_beside(
        &self,
        level: Level,
        message: &str,
        about: Option<(&ContainerName, &'static str)>,
        is_shown: bool,
    ) {
        if !(self.is_one && is_shown && !self.terminal.is_quiet()) {
            self.keep(level, message, about);
        }
    }

    /// Logs a message to the journal only.
    pub(super) fn keep(&self, level: Level, message: &str, about: Option<(&ContainerName, &'static str)>) {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = &*journal {
            let (container, action) = (about.map(|(name, _)| name.clone()), about.map(|(_, action)| action));
            journal.send(Entry { level, message: message.to_owned(), container, action });
        }
    }

    /// Logs findings to the journal; the caller prints them.
    pub(super) fn findings(&self, findings: &[Diagnostic]) {
        for finding in findings {
            let (is_printed, level) = match finding.severity {
                Severity::Error => (true, Level::ERROR),
                Severity::Warning => (!self.terminal.is_quiet(), Level::WARN),
                Severity::Note => (!self.terminal.is_quiet(), Level::INFO),
            };
            if !(self.is_one && is_printed) {
                self.keep(level, &finding.message, None);
            }
        }
    }

    /// Closes the log, after waiting for the journal to take all messages.
    pub(super) fn close(&self) {
        drop(self.journal.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
