//! What is said while the host is being changed: to the terminal, and to the host's journal, whether or not there is a
//! terminal.

use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};

use tracing::Level;

use super::terminal::Terminal;
use crate::diag::{Diagnostic, Severity};
use crate::host::journal::{self, Entry, Journal};
use crate::model::ContainerName;

/// Where it goes.
pub(super) struct Log {
    terminal: Terminal,
    /// Gone once the log is [closed](Log::close).
    journal: Mutex<Option<Journal>>,
    /// Whether what goes to the terminal goes to the journal as well.
    is_one: bool,
}

impl Log {
    /// Opens the journal, where there is one.
    pub(super) fn new(terminal: Terminal) -> Arc<Self> {
        let is_one = journal::is_stream(std::io::stderr().as_fd());
        Arc::new(Self { terminal, journal: Mutex::new(Journal::open()), is_one })
    }

    /// Says something of a container's action (or of one that is no container's) to both.
    pub(super) fn say(&self, level: Level, message: &str, about: Option<(&ContainerName, &'static str)>) {
        self.say_and_keep(level, message, message, about);
    }

    /// Says `shown` to the terminal, of which more is said there later, and keeps `kept` in the journal.
    pub(super) fn say_and_keep(
        &self,
        level: Level,
        shown: &str,
        kept: &str,
        about: Option<(&ContainerName, &'static str)>,
    ) {
        self.terminal.progress(shown);
        self.keep_beside(level, kept, about, true);
    }

    /// Keeps in the journal what is on the terminal already if it `is_shown`.
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

    /// Says it to the journal alone, which is not on the terminal.
    pub(super) fn keep(&self, level: Level, message: &str, about: Option<(&ContainerName, &'static str)>) {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = &*journal {
            let (container, action) = (about.map(|(name, _)| name.clone()), about.map(|(_, action)| action));
            journal.send(Entry { level, message: message.to_owned(), container, action });
        }
    }

    /// Keeps findings, which somebody else prints.
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

    /// Waits until the journal has all of it, if it takes it.
    pub(super) fn close(&self) {
        drop(self.journal.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
