//! Reports the progress of a run that changes the host: which steps are ongoing, how each ended, and what they took.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::Level;

use super::interrupt;
use super::live;
use super::log::{About, Log};
use super::output;
use super::progress::{self, Ongoing};
use super::tally::{Tally, doing, is_long};
use super::terminal::Terminal;
use crate::app::Run;
use crate::apply::{Event, HostError};
use crate::diag::{Code, Diagnostic};
use crate::model::ContainerName;
use crate::plan::{Action, Plan};

/// How often the lines of all containers change. That of a container whose step begins or ends does so at once.
const REFRESH: Duration = Duration::from_millis(100);

/// Follows a run on the terminal and in the journal.
pub(super) struct Followed {
    steps: Steps,
    log: Arc<Log>,
    tally: Mutex<Option<Tallied>>,
}

struct Tallied {
    tally: Tally,
    /// When the lines of all containers were shown.
    shown: Option<Instant>,
}

impl Followed {
    /// From now on, neither a signal nor a slow or lost terminal ends or delays the run.
    pub(super) fn hold(terminal: Terminal) -> Self {
        let log = Log::new(terminal);
        interrupt::hold(&log);
        output::stop_blocking();
        Self { steps: Steps::new(terminal), log, tally: Mutex::default() }
    }

    fn tally(&self) -> MutexGuard<'_, Option<Tallied>> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an event about `name`, and shows what follows from it.
    fn note_event<T>(
        &self,
        plan: &Plan,
        name: Option<&ContainerName>,
        change: impl FnOnce(&mut Tally, Instant) -> T,
    ) -> T {
        let mut tallied = self.tally();
        let now = Instant::now();
        let tallied = tallied.get_or_insert_with(|| Tallied { tally: Tally::new(&plan.order, now), shown: None });
        let result = change(&mut tallied.tally, now);
        if live::is_on() {
            tallied.show(name, now);
        }
        result
    }
}

impl Tallied {
    fn show(&mut self, name: Option<&ContainerName>, now: Instant) {
        if self.shown.is_none_or(|shown| now.saturating_duration_since(shown) >= REFRESH) {
            self.shown = Some(now);
            for (name, state) in self.tally.states() {
                live::set(name.as_str(), state);
            }
        } else if let Some(name) = name
            && let Some(state) = self.tally.state_of(name)
        {
            live::set(name.as_str(), state);
        }
        live::set_whole(self.tally.progress());
    }
}

impl Run for Followed {
    fn event(&self, plan: &Plan, event: Event<'_>) {
        match event {
            Event::Begun(action) => {
                self.note_event(plan, action.container(), |tally, now| tally.begin(action, now));
                let (line, is_shown) = self.steps.begin(action);
                if is_shown {
                    self.log.step(&line, about(action));
                } else {
                    self.log.keep(Level::INFO, &line, about(action));
                }
            }
            Event::Done(action) => {
                self.steps.end(action);
                let took = self.note_event(plan, action.container(), |tally, now| tally.done(action, now));
                let line = match action {
                    Action::RenewProgram | Action::WriteBootService => {
                        plan.program.as_ref().and_then(|change| change.line(action))
                    }
                    _ => Some(done(action)),
                };
                let Some(line) = line else { return };
                self.log.step(&line, about(action).took(took));
            }
            Event::RulesKept(action) => {
                self.steps.end(action);
                self.note_event(plan, action.container(), |tally, now| tally.done(action, now));
            }
            Event::Failed(action, error) => {
                self.steps.end(action);
                let stopped_waiting = matches!(error, HostError::StoppedWaiting { .. });
                let took = self
                    .note_event(plan, action.container(), |tally, now| tally.failed(action, stopped_waiting, now));
                let how = if stopped_waiting { "is no longer waited for" } else { "failed" };
                let line = match action.container() {
                    Some(name) => format!("{name}: {} {how}", action.as_str()),
                    None => format!("{} {how}", action.as_str()),
                };
                let cause = Diagnostic::caused_by(Code::Host, error).message;
                let kept = format!("{line}: {cause}");
                self.log.say_and_keep(Level::ERROR, &line, &kept, about(action).took(took));
            }
            Event::RestartWanted(name, why) => {
                let line =
                    format!("{name}: restarting, since it cannot switch to its new system while it runs: {why}");
                self.log.say(Level::INFO, &line, About::of(name, "reload"));
            }
            Event::Checking(name) => {
                let line = format!("{name}: waiting for its health check");
                self.log.say(Level::INFO, &line, About::of(name, "check"));
            }
            Event::Restoring(name) => {
                self.note_event(plan, Some(name), |tally, _| tally.restore(name));
                let line = self.steps.restore(name);
                self.log.step(&line, About::of(name, "restore"));
            }
            Event::UnitsFailed(name) => {
                let line = format!("{name}: `switch-to-configuration` reports failed units");
                self.log.say(Level::WARN, &line, About::of(name, "reload"));
            }
            // Reported once, at the end.
            Event::Degraded(degraded) => tracing::debug!(?degraded),
            Event::Restored(name) => {
                self.steps.restored(name);
                self.note_event(plan, Some(name), |tally, now| tally.restored(name, true, now));
                let line = format!(
                    "{name}: back in its former state (changes that the guest made on disk are not undone)"
                );
                self.log.say(Level::WARN, &line, About::of(name, "restore"));
            }
            Event::NotRestored(name, error) => {
                self.steps.restored(name);
                self.note_event(plan, Some(name), |tally, now| tally.restored(name, false, now));
                let cause = Diagnostic::caused_by(Code::Host, error).message;
                let line = format!("{name}: cannot go back to its former state: {cause}");
                self.log.say(Level::ERROR, &line, About::of(name, "restore"));
            }
        }
    }

    fn is_interrupted(&self) -> bool {
        interrupt::is_asked()
    }

    fn note(&self, level: Level, message: &str) {
        self.log.keep(level, message, About::default());
    }

    fn note_findings(&self, findings: &[Diagnostic]) {
        self.log.findings(findings);
    }

    fn close(&self) {
        live::clear();
        if let Some(tallied) = self.tally().take() {
            self.log.summary(&tallied.tally.summary(Instant::now()));
        }
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

fn about(action: &Action) -> About<'_> {
    match action.container() {
        Some(name) => About::of(name, action.as_str()),
        None => About::default(),
    }
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

    /// Begins a step. Returns its description, and whether it takes long enough to print that at once.
    fn begin(&self, action: &Action) -> (String, bool) {
        let text = words(action);
        self.push(&text);
        (text, is_long(action))
    }

    fn end(&self, action: &Action) {
        self.remove(&words(action));
    }

    /// Begins to roll a container back. Returns the description of that.
    fn restore(&self, name: &ContainerName) -> String {
        let text = restoring(name);
        self.push(&text);
        text
    }

    fn restored(&self, name: &ContainerName) {
        self.remove(&restoring(name));
    }

    fn push(&self, text: &str) {
        let ongoing = (text.to_owned(), progress::quietly(self.terminal, text));
        self.ongoing.lock().unwrap_or_else(PoisonError::into_inner).push(ongoing);
    }

    fn remove(&self, text: &str) {
        self.ongoing.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _)| other != text);
    }
}

fn restoring(name: &ContainerName) -> String {
    format!("{name}: going back to its former state")
}

/// The description of an ongoing step.
fn words(action: &Action) -> String {
    match action {
        Action::Firewall(None) => String::from("firewall: replacing"),
        action => match action.container() {
            Some(name) if is_long(action) => format!("{name}: {}", doing(action)),
            Some(name) => format!("{name}: {}", action.as_str()),
            None => action.as_str().to_owned(),
        },
    }
}
