//! What a plan reports: errors, warnings and notes that need no sources to be printed.

use crate::diag::render::{Suggestion, suggestion};
use crate::diag::{Code, Diagnostic, Severity};
use crate::model::Position;
use crate::source::{Location, SourceMap};

/// A finding that can be printed without the sources, since it has its position as file, line and column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable code.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The position to change.
    pub position: Option<Position>,
    /// The edit that certainly fixes it, if there is one.
    pub suggestion: Option<Suggestion>,
}

impl Finding {
    /// Converts a diagnostic, and looks up the position of its first label in `sources`.
    pub fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let location = diagnostic.labels.first().and_then(|label| sources.locate(label.span.start));
        let position = location.map(|Location { file, line, column }| Position { file, line, column });
        Self { position, suggestion: suggestion(diagnostic, sources), ..Self::from(diagnostic.clone()) }
    }

    /// Converts back to a diagnostic, which then has a location instead of a span.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let Self { code, severity, message, help, position, .. } = self.clone();
        let location = position.map(|Position { file, line, column }| Location { file, line, column });
        Diagnostic { severity, help, location, ..Diagnostic::error(code, message) }
    }

    pub(super) fn at(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }
}

impl From<Diagnostic> for Finding {
    fn from(diagnostic: Diagnostic) -> Self {
        let Diagnostic { code, severity, message, help, .. } = diagnostic;
        Self { code, severity, message, help, position: None, suggestion: None }
    }
}
