//! Whoever follows a workflow, and answers its questions.

use std::any::Any;
use std::fmt;
use std::time::Duration;

use tracing::Level;

use crate::apply::Event;
use crate::diag::Diagnostic;
use crate::model::ContainerName;
use crate::plan::Plan;

/// Some work that takes a while. Displayed, it is a sentence about what is going on.
#[derive(Debug, Clone, Copy)]
pub enum Work<'a> {
    /// Of a single container: what is being done to it.
    Single(&'a ContainerName, &'a str),
    /// Of several containers at once.
    Together(&'a str, &'a [ContainerName]),
    /// Of the whole command.
    Whole(&'a str),
}

impl fmt::Display for Work<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single(name, doing) => write!(f, "{name}: {doing}"),
            Self::Together(doing, names) => {
                let names: Vec<_> = names.iter().map(ContainerName::as_str).collect();
                write!(f, "{doing}: {}", names.join(", "))
            }
            Self::Whole(doing) => f.write_str(doing),
        }
    }
}

/// Shows what a workflow reports, in the order in which it does.
pub trait Ui {
    /// Shows findings.
    fn findings(&self, findings: &[Diagnostic]);
    /// Shows only what each finding says, without its source and help.
    fn headings(&self, findings: &[Diagnostic]);
    /// Shows a line about what was done.
    fn progress(&self, line: &str);
    /// Shows that some work has begun, which ends when the result is dropped.
    fn begin(&self, work: Work<'_>) -> Box<dyn Any + Send>;
    /// Shows the plan that is about to be carried out.
    fn plan(&self, plan: &Plan);
    /// Shows how files of the user are about to be changed, as a unified diff.
    fn diff(&self, diff: &str);
    /// From now on, a slow reader holds nothing up.
    fn stop_waiting(&self);
    /// Asks whether to go on, after what that means was shown.
    ///
    /// # Errors
    ///
    /// If nobody can be asked.
    fn consent(&self, question: &str) -> Result<bool, Vec<Diagnostic>>;
    /// Asks whether to keep what was applied, and waits for the answer. `is_given` tells whether it was given elsewhere.
    /// Without an answer in time, or if the user interrupts the program, it is no.
    fn confirmation(&self, limit: Duration, is_given: &dyn Fn() -> bool) -> bool;
    /// Follows a run that changes the host. What interrupted a former run does not interrupt this one. From now on, neither a signal nor a lost terminal ends the program.
    fn hold(&self) -> Box<dyn Run>;
}

/// Follows a run that changes the host, from several threads.
pub trait Run: Sync {
    /// Shows what happens while `plan` is applied.
    fn event(&self, plan: &Plan, event: Event<'_>);
    /// Whether the user wants to stop.
    fn is_interrupted(&self) -> bool;
    /// Notes a message about the whole run, which is not shown.
    fn note(&self, level: Level, message: &str);
    /// Notes findings, which are shown separately.
    fn note_findings(&self, findings: &[Diagnostic]);
    /// Ends the notes.
    fn close(&self);
}
