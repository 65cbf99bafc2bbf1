//! Diagnostics as data: what is wrong, where, and what to do.
//!
//! [`render`] turns a [`Diagnostic`] into text or JSON. Every layer makes diagnostics; only `cli` prints them.
//!
//! Invariants:
//! - [`Code`] is closed: each code is declared and documented in one file, and nothing else invents codes.
//! - No quoted source line shows a secret ([`secret`]).
//! - A message is one line, uses the user's own names, and makes sense without colour.

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

use crate::source::{Location, Pos, SourceMap, Span};

/// How much a finding matters (contract §4, *Severity*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; changes no exit status.
    Note,
    /// Probably not what was meant; fails only `check --deny warnings`.
    Warning,
    /// Makes the command fail, as the contract lays down.
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

/// A span of a source with a note on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The labelled span.
    pub span: Span,
    /// The note; may be empty.
    pub text: String,
}

/// One finding.
///
/// # Examples
///
/// ```
/// use container_rebuild::diag::render::{Style, TraceStyle, text};
/// use container_rebuild::diag::{Code, Diagnostic};
/// use container_rebuild::source::{SourceMap, Span};
///
/// let sources = SourceMap::new();
/// let file = sources.add("/host.nix", "{ port = 80000; }").expect("there is room");
/// let port = Span::new(file.pos(9), file.pos(14));
/// let finding = Diagnostic::error(Code::Evaluation, "80000 is not a port").at(port, "above 65535").help("use 8000");
/// let style = Style { unicode: false, color: false, trace: TraceStyle::Ends };
/// let shown = text(&finding, &sources, style);
/// assert!(shown.starts_with("/host.nix:1:10: error[evaluation]: 80000 is not a port"), "{shown}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Where: the first label marks what to change. May be empty.
    pub labels: Vec<Label>,
    /// The location as text, if the source itself is not at hand (a manifest's, for example).
    pub location: Option<Location>,
    /// What to do.
    pub help: Option<String>,
    /// The calls that led to an evaluation error, innermost first.
    pub trace: Vec<Label>,
    /// A change that certainly fixes it, if there is one.
    pub fix: Option<Box<Fix>>,
    /// [`Self::fix`] as edits of the texts, once they have been computed.
    pub edits: Vec<Edit>,
    /// Whether a snippet may show only the labelled names, because the values are secret.
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

    /// The error of another layer, with its chain of causes in one message.
    pub fn caused_by(code: Code, error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_message = cause.to_string();
            // Some errors include their cause already.
            if !message.contains(&cause_message) {
                message.push_str(": ");
                message.push_str(&cause_message);
            }
            source = cause.source();
        }
        Self::error(code, message.replace('\n', " "))
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

    /// Adds a label.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Sets the location for a source whose text is not at hand.
    #[must_use]
    pub fn at_location(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Its location: its first label's, or else the one given as text.
    pub fn location_in(&self, sources: &SourceMap) -> Option<Location> {
        let labelled = self.labels.first().and_then(|label| sources.locate(label.span.start));
        labelled.or_else(|| self.location.clone())
    }

    /// Keeps everything beside the labels out of the snippet.
    #[must_use]
    pub fn hide_values(mut self) -> Self {
        self.hides_values = true;
        self
    }

    /// Attaches a change that certainly fixes it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(Box::new(fix));
        self
    }

    /// Attaches a fix for the definition that the first label marks; does nothing without a label.
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
