//! What ends an evaluation early: an error, or a value that is not known.

use std::cell::RefCell;

use super::value::Unknown;
use crate::diag::{Code, Diagnostic, Label};
use crate::source::Span;

/// What an evaluation gives.
pub type EvalResult<'e, T> = Result<T, EvalError<'e>>;

/// Why an evaluation gave no value. `Copy`: a thunk that failed keeps it and fails the same way again.
#[derive(Clone, Copy)]
pub struct EvalError<'e>(pub(super) &'e Failure<'e>);

/// The failure itself, in the arena.
pub(super) struct Failure<'e> {
    pub(super) kind: Kind<'e>,
    pub(super) diagnostics: RefCell<Vec<Diagnostic>>,
}

/// What sort of failure it is.
#[derive(Clone, Copy)]
pub(super) enum Kind<'e> {
    /// `throw`, `assert` and the like: `builtins.tryEval` catches it.
    Catchable,
    /// An error that nothing catches.
    Fatal,
    /// No error: a strict operation met a value that is not known. The nearest thunk or call becomes unknown.
    Unknown(&'e Unknown),
}

/// How many callers an error names.
const LONGEST_TRACE: usize = 6;

impl<'e> EvalError<'e> {
    /// Adds a caller, innermost first.
    #[cold]
    pub(super) fn trace(self, span: Span, text: &str) {
        if span == Span::NONE {
            return;
        }
        if let Some(diagnostic) = self.0.diagnostics.borrow_mut().first_mut()
            && diagnostic.trace.len() < LONGEST_TRACE
        {
            diagnostic.trace.push(Label { span, text: text.to_owned() });
        }
    }

    /// The unknown value that is behind it, where it is no error.
    pub(super) fn unknown(self) -> Option<&'e Unknown> {
        match self.0.kind {
            Kind::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    pub(super) fn is_catchable(self) -> bool {
        matches!(self.0.kind, Kind::Catchable)
    }

    /// What is wrong, as findings.
    pub fn diagnostics(self) -> Vec<Diagnostic> {
        if let Some(unknown) = self.unknown() {
            let mut diagnostic = Diagnostic::error(Code::UnknownValue, format!("not known: {}", unknown.reason()));
            if unknown.span() != Span::NONE {
                diagnostic = diagnostic.at(unknown.span(), "");
            }
            return vec![diagnostic];
        }
        self.0.diagnostics.borrow().clone()
    }
}

impl std::fmt::Debug for EvalError<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.diagnostics().iter().map(|d| d.message.clone())).finish()
    }
}
