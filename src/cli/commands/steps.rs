//! What of a switch is said beside its steps: which are in hand, and what became of all of it.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cli::Session;
use crate::cli::progress::{self, InHand};
use crate::cli::terminal::Terminal;
use crate::diag::{Code, Diagnostic, Severity};
use crate::host::last_switch;
use crate::model::{ContainerName, FORMAT_VERSION};
use crate::plan::Action;
use crate::state::{Generation, LastSwitch, SwitchOutcome};

/// The steps that are in hand, by how they are called.
pub(super) struct Steps {
    terminal: Terminal,
    in_hand: Mutex<Vec<(String, InHand)>>,
}

impl Steps {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self { terminal, in_hand: Mutex::default() }
    }

    /// Begins a step; gives what is said of it, and whether it was said.
    pub(super) fn begin(&self, action: &Action) -> (String, bool) {
        let (text, is_long) = words(action);
        let in_hand = if is_long { progress::begin } else { progress::quietly };
        self.push(text.clone(), in_hand(self.terminal, &text));
        (text, is_long)
    }

    pub(super) fn end(&self, action: &Action) {
        self.remove(&words(action).0);
    }

    /// Begins to bring a container back.
    pub(super) fn restore(&self, name: &ContainerName) {
        let text = restoring(name);
        self.push(text.clone(), progress::begin(self.terminal, &text));
    }

    pub(super) fn restored(&self, name: &ContainerName) {
        self.remove(&restoring(name));
    }

    fn push(&self, text: String, in_hand: InHand) {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).push((text, in_hand));
    }

    fn remove(&self, text: &str) {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| other != text);
    }
}

fn restoring(name: &ContainerName) -> String {
    format!("{name}: going back to what ran before")
}

/// How a step in hand is called, and whether it takes long enough to say so at once.
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

/// Writes down that the host is as it is to be, where the last switch did not bring it there.
pub(super) fn note_nothing_to_do(source: &str) {
    if last_switch::read().is_none_or(|last| last.outcome == Some(SwitchOutcome::Done)) {
        return;
    }
    let noted = Noted(new(source));
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

/// A switch that has begun, and is written down as such.
pub(super) struct Noted(LastSwitch);

impl Noted {
    /// Writes down that it begins. Where that cannot be written, it goes on: nobody will know of its end, and that is all.
    pub(super) fn begin(session: &Session<'_>, generation: &Generation) -> Self {
        let noted = new(&generation.source);
        if let Err(error) = last_switch::write(&noted) {
            let message = format!("`status` will not know of this switch: {error}");
            session.terminal.findings(&[Diagnostic::warning(Code::LastSwitch, message)], session.sources);
        }
        Self(noted)
    }

    /// Writes down how it ended.
    pub(super) fn end(self, outcome: SwitchOutcome, findings: &[Diagnostic]) {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        let messages = errors.map(|finding| finding.message.clone()).collect();
        let last = LastSwitch { ended: Some(now()), outcome: Some(outcome), messages, ..self.0 };
        if let Err(error) = last_switch::write(&last) {
            tracing::warn!(%error, "cannot write down how this switch ended");
        }
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|time| time.as_secs()).unwrap_or_default()
}
