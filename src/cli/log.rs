//! The log of a run that changes the host: to the terminal if there is one, and to the host's journal.

use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::Level;

use super::tally::Summary;
use super::terminal::Terminal;
use crate::diag::{Diagnostic, Severity};
use crate::host::journal::{self, Entry, Journal};
use crate::model::ContainerName;

/// What a message is about: the fields of its entry in the journal.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    /// The container and the action.
    step: Option<(&'a ContainerName, &'static str)>,
    /// What the action took.
    took: Option<Duration>,
}

impl<'a> About<'a> {
    /// An action of a container.
    pub(super) fn of(name: &'a ContainerName, action: &'static str) -> Self {
        Self { step: Some((name, action)), took: None }
    }

    /// The same, after it took so long.
    pub(super) fn took(self, took: Duration) -> Self {
        Self { took: Some(took), ..self }
    }
}

/// A log to the terminal and the journal.
pub(super) struct Log {
    terminal: Terminal,
    /// `None` once the log is [closed](Log::close).
    journal: Mutex<Option<Journal>>,
    /// Whether stderr is the journal, so that each message must be sent only once: as an entry with fields, which a line on
    /// stderr cannot have, unless JSON on stderr was asked for.
    is_one: bool,
}

impl Log {
    /// Opens the journal, if there is one.
    pub(super) fn new(terminal: Terminal) -> Arc<Self> {
        let is_one = journal::is_stream(std::io::stderr().as_fd());
        Arc::new(Self { terminal, journal: Mutex::new(Journal::open()), is_one })
    }

    /// Logs a message to both.
    pub(super) fn say(&self, level: Level, message: &str, about: About<'_>) {
        self.say_and_keep(level, message, message, about);
    }

    /// Prints `shown` on the terminal, where a finding will follow with the details, and logs `kept` to the journal.
    pub(super) fn say_and_keep(&self, level: Level, shown: &str, kept: &str, about: About<'_>) {
        self.both(level, kept, about, || self.terminal.progress_about(shown, about.step));
    }

    /// Logs that a step has begun or ended. Live lines show that, too.
    pub(super) fn step(&self, message: &str, about: About<'_>) {
        self.both(Level::INFO, message, about, || {
            if !self.terminal.shows_steps() {
                self.terminal.progress_about(message, about.step);
            }
        });
    }

    /// Logs how a run ended.
    pub(super) fn summary(&self, summary: &Summary) {
        let about = About { step: None, took: Some(summary.took()) };
        self.both(Level::INFO, &summary.text(), about, || {
            self.terminal.progress_with(&summary.text(), || summary.fields());
        });
    }

    fn both(&self, level: Level, message: &str, about: About<'_>, print: impl FnOnce()) {
        if self.is_one && !self.terminal.is_json() && self.is_open() {
            self.keep(level, message, about);
            return;
        }
        print();
        if !self.is_one || self.terminal.is_quiet() {
            self.keep(level, message, about);
        }
    }

    fn is_open(&self) -> bool {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Logs a message to the journal only.
    pub(super) fn keep(&self, level: Level, message: &str, about: About<'_>) {
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(journal) = &*journal {
            let (container, action) =
                (about.step.map(|(name, _)| name.clone()), about.step.map(|(_, action)| action));
            journal.send(Entry { level, message: message.to_owned(), container, action, took: about.took });
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
                self.keep(level, &finding.message, About::default());
            }
        }
    }

    /// Closes the log, after waiting for the journal to take all messages.
    pub(super) fn close(&self) {
        drop(self.journal.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
