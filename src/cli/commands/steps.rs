//! Reports the progress of a switch: which steps are ongoing, and how the switch as a whole ended.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cli::Session;
use crate::cli::progress::{self, Ongoing};
use crate::cli::terminal::Terminal;
use crate::diag::{Code, Diagnostic, Severity};
use crate::host::last_switch;
use crate::model::{ContainerName, FORMAT_VERSION};
use crate::plan::Action;
use crate::state::{Generation, LastSwitch, SwitchOutcome};

/// The ongoing steps, by their description.
pub(super) struct Steps {
    terminal: Terminal,
    ongoing: Mutex<Vec<(String, Ongoing)>>,
}

impl Steps {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal, ongoing: Mutex::default() }
    }

    /// Begins a step. Returns its description, and whether it was printed.
    pub(super) fn begin(&self, action: &Action) -> (String, bool) {
        let (text, is_long) = words(action);
        let ongoing = if is_long { progress::begin } else { progress::quietly };
        self.push(text.clone(), ongoing(self.terminal, &text));
        (text, is_long)
    }

    pub(super) fn end(&self, action: &Action) {
        self.remove(&words(action).0);
    }

    /// Begins to roll a container back.
    pub(super) fn restore(&self, name: &ContainerName) {
        let text = restoring(name);
        self.push(text.clone(), progress::begin(self.terminal, &text));
    }

    pub(super) fn restored(&self, name: &ContainerName) {
        self.remove(&restoring(name));
    }

    fn push(&self, text: String, ongoing: Ongoing) {
        self.ongoing.lock().unwrap_or_else(PoisonError::into_inner).push((text, ongoing));
    }

    fn remove(&self, text: &str) {
        self.ongoing.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| other != text);
    }
}

fn restoring(name: &ContainerName) -> String {
    format!("{name}: going back to its former state")
}

/// The description of a step, and whether it takes long enough to print it at once.
fn words(action: &Action) -> (String, bool) {
    let text = match action {
        Action::Start(name) => format!("{name}: starting"),
        Action::Stop(name) => format!("{name}: stopping"),
        Action::Reload(name) => format!("{name}: reloading"),
        Action::Firewall(None) => return ("firewall: replacing".to_owned(), false),
        _ => match action.container() {
            Some(name) => return (format!("{name}: {}", action.as_str()), false),
            None => return (action.as_str().to_owned(), false),
        },
    };
    (text, true)
}

/// Records that the host is up to date now, if the last switch did not succeed.
pub(super) fn note_nothing_to_do(source: &str) {
    if last_switch::read().is_none_or(|last| last.outcome == Some(SwitchOutcome::Done)) {
        return;
    }
    let noted = SwitchRecord(new(source));
    noted.end(SwitchOutcome::Done, &[]);
}

fn new(source: &str) -> LastSwitch {
    LastSwitch {
        format_version: FORMAT_VERSION,
        begun: now(),
        ended: None,
        source: source.to_owned(),
        process: std::process::id(),
        outcome: None,
        messages: Vec::new(),
    }
}

/// The record of an ongoing switch, which `status` reads.
pub(super) struct SwitchRecord(LastSwitch);

impl SwitchRecord {
    /// Records that a switch begins. If that fails, the switch goes on, and only `status` will not know about it.
    pub(super) fn begin(session: &Session<'_>, generation: &Generation) -> Self {
        let noted = new(&generation.source);
        if let Err(error) = last_switch::write(&noted) {
            let message = format!("`status` will not know about this switch: {error}");
            session.terminal.findings(&[Diagnostic::warning(Code::LastSwitch, message)], session.sources);
        }
        Self(noted)
    }

    /// Records how the switch ended.
    pub(super) fn end(self, outcome: SwitchOutcome, findings: &[Diagnostic]) {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let messages = errors.map(|finding| finding.message.clone()).collect();
        let last = LastSwitch { ended: Some(now()), outcome: Some(outcome), messages, ..self.0 };
        if let Err(error) = last_switch::write(&last) {
            tracing::warn!(%error, "cannot record how this switch ended");
        }
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|time| time.as_secs()).unwrap_or_default()
}
