//! Why a value is unknown.

use crate::source::Span;

/// Why a value is unknown, and where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    reason: Box<str>,
    span: Span,
    /// Whether the reason ends with a name, to which selections append attribute names.
    named: bool,
    /// Whether it stands for names beyond those known in advance: in a `with`, names of outer sets take precedence
    /// over these.
    beyond: bool,
    /// Whether `builtins.tryEval` treats it as absent.
    absent: bool,
}

impl Unknown {
    pub(super) fn new(reason: &str, span: Span) -> Self {
        Self { reason: reason.into(), span, named: false, beyond: false, absent: false }
    }

    pub(super) fn named(reason: &str, span: Span) -> Self {
        Self { named: true, ..Self::new(reason, span) }
    }

    pub(super) fn beyond(reason: &str) -> Self {
        Self { beyond: true, ..Self::new(reason, Span::NONE) }
    }

    pub(super) fn absent(reason: &str, span: Span) -> Self {
        Self { absent: true, ..Self::new(reason, span) }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.absent
    }

    pub(super) fn is_beyond(&self) -> bool {
        self.beyond
    }

    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    /// The reason, as a sentence without its full stop.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The span of the unknown expression.
    pub fn span(&self) -> Span {
        self.span
    }
}
