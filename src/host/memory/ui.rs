//! Follows a workflow in memory: remembers what was shown, and answers as told.

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::Level;

use crate::app::{Run, Ui, Work};
use crate::apply::Event;
use crate::diag::Diagnostic;
use crate::plan::{Action, Plan, show};

/// What is shown, and the answers.
#[derive(Debug, Clone, Default)]
pub struct MemoryUi(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    shown: Mutex<Vec<String>>,
    refuses: AtomicBool,
    confirms: AtomicBool,
    /// After how many steps of a run the user wants to stop, plus one; 0 for never.
    interrupted_after: AtomicUsize,
    steps: AtomicUsize,
    /// Whether that has stopped a run.
    was_interrupted: AtomicBool,
}

impl MemoryUi {
    /// Somebody who agrees to everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on, disagrees.
    pub fn refuse(&self) {
        self.0.refuses.store(true, Ordering::SeqCst);
    }

    /// From now on, confirms what was applied.
    pub fn confirm(&self) {
        self.0.confirms.store(true, Ordering::SeqCst);
    }

    /// Wants to stop once a run has finished that many steps.
    pub fn interrupt_after(&self, steps: usize) {
        self.0.interrupted_after.store(steps + 1, Ordering::SeqCst);
    }

    /// What was shown since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.shown())
    }

    fn shown(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first line of a finding, without its position.
fn heading(finding: &Diagnostic) -> String {
    format!("{}[{}]: {}", finding.severity.as_str(), finding.code, finding.message)
}

impl Ui for MemoryUi {
    fn findings(&self, findings: &[Diagnostic]) {
        self.shown().extend(findings.iter().map(heading));
    }

    fn headings(&self, findings: &[Diagnostic]) {
        self.findings(findings);
    }

    fn progress(&self, line: &str) {
        self.shown().push(line.to_owned());
    }

    fn begin(&self, work: Work<'_>) -> Box<dyn Any + Send> {
        self.progress(&work.to_string());
        Box::new(())
    }

    fn plan(&self, plan: &Plan) {
        let style = show::Style { colour: false, unicode: false, rules: false };
        self.progress(&show::text(plan, style));
    }

    fn diff(&self, diff: &str) {
        self.progress(diff);
    }

    fn stop_waiting(&self) {}

    fn consent(&self, question: &str) -> Result<bool, Vec<Diagnostic>> {
        self.progress(question);
        Ok(!self.0.refuses.load(Ordering::SeqCst))
    }

    fn confirmation(&self, _: Duration, is_given: &dyn Fn() -> bool) -> bool {
        self.progress("Keep this?");
        is_given() || self.0.confirms.load(Ordering::SeqCst)
    }

    fn hold(&self) -> Box<dyn Run> {
        self.0.steps.store(0, Ordering::SeqCst);
        if self.0.was_interrupted.swap(false, Ordering::SeqCst) {
            self.0.interrupted_after.store(0, Ordering::SeqCst);
        }
        Box::new(self.clone())
    }
}

impl Run for MemoryUi {
    fn event(&self, _: &Plan, event: Event<'_>) {
        let words = |action: &Action| match action.container() {
            Some(name) => format!("{} {name}", action.as_str()),
            None => action.as_str().to_owned(),
        };
        match event {
            Event::Done(action) => {
                self.0.steps.fetch_add(1, Ordering::SeqCst);
                self.progress(&format!("done: {}", words(action)));
            }
            Event::Failed(action, error) => self.progress(&format!("failed: {}: {error}", words(action))),
            Event::Restored(name) => self.progress(&format!("restored: {name}")),
            _ => {}
        }
    }

    fn is_interrupted(&self) -> bool {
        let after = self.0.interrupted_after.load(Ordering::SeqCst);
        let is_interrupted = after > 0 && self.0.steps.load(Ordering::SeqCst) + 1 >= after;
        self.0.was_interrupted.fetch_or(is_interrupted, Ordering::SeqCst);
        is_interrupted
    }

    fn note(&self, _: Level, message: &str) {
        self.progress(&format!("noted: {message}"));
    }

    fn note_findings(&self, _: &[Diagnostic]) {}

    fn close(&self) {}
}
