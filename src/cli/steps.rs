//! Reports the progress of a run that changes the host: which steps are ongoing, and how each ended.

use std::sync::{Arc, Mutex, PoisonError};

use tracing::Level;

use super::interrupt;
use super::log::Log;
use super::output;
use super::progress::{self, Ongoing};
use super::terminal::Terminal;
use crate::app::Run;
use crate::apply::{Event, HostError};
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::plan::{Action, Plan};

/// Follows a run on the terminal and in the journal.
pub(super) struct Followed {
    steps: Steps,
    log: Arc<Log>,
}

impl Followed {
    /// From now on, neither a signal nor a slow or lost terminal ends or delays the run.
    pub(super) fn hold(terminal: Terminal) -> Self {
        let log = Log::new(terminal);
        interrupt::hold(&log);
        output::stop_blocking();
        Self { steps: Steps::new(terminal), log }
    }
}

impl Run for Followed {
    fn event(&self, plan: &Plan, event: Event<'_>) {
        match event {
            Event::Begun(action) => {
                let (line, is_shown) = self.steps.begin(action);
                self.log.keep_beside(Level::INFO, &line, about(action), is_shown);
            }
            Event::Done(action) => {
                self.steps.end(action);
                let line = match action {
                    Action::RenewProgram | Action::WriteBootService => {
                        plan.program.as_ref().and_then(|change| change.line(action))
                    }
                    _ => Some(done(action)),
                };
                let Some(line) = line else { return };
                self.log.say(Level::INFO, &line, about(action));
            }
            Event::RulesKept(action) => self.steps.end(action),
            Event::Failed(action, error) => {
                self.steps.end(action);
                let how =
                    if matches!(error, HostError::LeftAlone { .. }) { "is no longer waited for" } else { "failed" };
                let line = match action.container() {
                    Some(name) => format!("{name}: {} {how}", action.as_str()),
                    None => format!("{} {how}", action.as_str()),
                };
                let cause = Diagnostic::caused_by(Code::Host, error).message;
                self.log.say_and_keep(Level::ERROR, &line, &format!("{line}: {cause}"), about(action));
            }
            Event::RestartWanted(name) => {
                let line = format!("{name}: cannot switch to its new system while it runs: restarting");
                self.log.say(Level::INFO, &line, Some((name, "reload")));
            }
            Event::Restoring(name) => {
                self.steps.restore(name);
            }
            Event::UnitsFailed(name) => {
                let line = format!("{name}: `switch-to-configuration` reports failed units");
                self.log.say(Level::WARN, &line, Some((name, "reload")));
            }
            // Reported once, at the end.
            Event::Degraded(degraded) => tracing::debug!(?degraded),
            Event::Restored(name) => {
                self.steps.restored(name);
                let line = format!(
                    "{name}: back in its former state (changes that the guest made on disk are not undone)"
                );
                self.log.say(Level::WARN, &line, Some((name, "restore")));
            }
            Event::NotRestored(name, error) => {
                self.steps.restored(name);
                let cause = Diagnostic::caused_by(Code::Host, error).message;
                let line = format!("{name}: cannot go back to its former state: {cause}");
                self.log.say(Level::ERROR, &line, Some((name, "restore")));
            }
        }
    }

    fn is_interrupted(&self) -> bool {
        interrupt::is_asked()
    }

    fn note(&self, level: Level, message: &str) {
        self.log.keep(level, message, None);
    }

    fn note_findings(&self, findings: &[Diagnostic]) {
        self.log.findings(findings);
    }

    fn close(&self) {
        self.log.close();
    }
}

/// The message about a step that is done.
fn done(action: &Action) -> String {
    match action {
        Action::Withdraw(name) => format!("{name}: forwards withdrawn"),
        Action::Firewall(Some(name)) => format!("{name}: rules loaded"),
        Action::Firewall(None) => String::from("firewall: replaced"),
        action => {
            let name = action.container().map(|name| format!("{name}: ")).unwrap_or_default();
            format!("{name}{} done", action.as_str())
        }
    }
}

fn about(action: &Action) -> Option<(&ContainerName, &'static str)> {
    Some((action.container()?, action.as_str()))
}

/// The ongoing steps, by their description.
struct Steps {
    terminal: Terminal,
    ongoing: Mutex<Vec<(String, Ongoing)>>,
}

impl Steps {
    fn new(terminal: Terminal) -> Self {
        Self { terminal, ongoing: Mutex::default() }
    }

    /// Begins a step. Returns its description, and whether it was printed.
    fn begin(&self, action: &Action) -> (String, bool) {
        let (text, is_long) = words(action);
        let ongoing = if is_long { progress::begin } else { progress::quietly };
        self.push(text.clone(), ongoing(self.terminal, &text));
        (text, is_long)
    }

    fn end(&self, action: &Action) {
        self.remove(&words(action).0);
    }

    /// Begins to roll a container back.
    fn restore(&self, name: &ContainerName) {
        let text = restoring(name);
        self.push(text.clone(), progress::begin(self.terminal, &text));
    }

    fn restored(&self, name: &ContainerName) {
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
