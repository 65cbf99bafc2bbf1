//! Diagnostics as data: what is wrong, where, and what to do.
//!
//! Gives: [`Diagnostic`]; rendering for people and programs is in [`render`]. Every layer makes them, only `cli` prints
//! them.
//!
//! Invariants:
//! - [`Code`] is closed: each code is documented where it is declared, and none is made up elsewhere.
//! - No source line is quoted with a secret in it ([`secret`]).
//! - The message is one line, says what is wrong with the user's own names in it, and makes sense without colour.

mod code;
mod escape;
mod excerpt;
mod fix;
pub mod render;
mod secret;

pub use code::{Code, Kind};
pub(crate) use escape::visible;
pub use fix::{Edit, Fix};
pub(crate) use secret::is_secret;

use crate::source::{Location, Pos, Span};

/// How much a finding matters (contract §4, *Severity*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; changes no exit status.
    Note,
    /// Probably not what was meant; fails only `check --deny warnings`.
    Warning,
    /// Makes the command fail where the contract says so.
    Error,
}

impl Severity {
    /// The word in `severity[code]`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a source with a word on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where; the first one is the place that is to be changed. May be empty.
    pub labels: Vec<Label>,
    /// The place, where it is known only as text (from a manifest, whose sources are not at hand).
    pub location: Option<Location>,
    /// What to do.
    pub help: Option<String>,
    /// The calls that led there, innermost first (evaluation errors).
    pub trace: Vec<Label>,
    /// What certainly mends it, if there is such a thing.
    pub fix: Option<Box<Fix>>,
    /// The same as edits of the texts, once they were made.
    pub edits: Vec<Edit>,
    /// Whether only the labelled names are to be shown of the source, since the values are secret.
    pub hides_values: bool,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A note.
    pub fn note(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            labels: Vec::new(),
            location: None,
            help: None,
            trace: Vec::new(),
            fix: None,
            edits: Vec::new(),
            hides_values: false,
        }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Names a place whose text is not at hand.
    #[must_use]
    pub fn at_location(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Keeps what stands beside the labels from being shown.
    #[must_use]
    pub fn hide_values(mut self) -> Self {
        self.hides_values = true;
        self
    }

    /// Says what certainly mends it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(Box::new(fix));
        self
    }

    /// The same of the definition at the place that was added first, where there is one.
    #[must_use]
    pub fn fix_there(self, fix: impl FnOnce(Pos) -> Fix) -> Self {
        match self.labels.first().map(|label| label.span.start).filter(|at| at.is_some()) {
            Some(at) => self.fix(fix(at)),
            None => self,
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
