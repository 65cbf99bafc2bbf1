//! What ends an evaluation early: an error, or a value that is not known.

use std::cell::{Cell, RefCell};

use super::value::Unknown;
use crate::diag::{Code, Diagnostic, Label};
use crate::source::{Pos, Span};

/// What an evaluation gives.
pub type EvalResult<'e, T> = Result<T, EvalError<'e>>;

/// Why an evaluation gave no value. `Copy`: a thunk that failed keeps it and fails the same way again.
#[derive(Clone, Copy)]
pub struct EvalError<'e>(pub(super) &'e Failure<'e>);

/// The failure itself, in the arena.
pub(super) struct Failure<'e> {
    pub(super) kind: Kind<'e>,
    pub(super) failures: &'e Failures,
    /// Which of them it is; none where there is nothing to say.
    pub(super) index: usize,
    /// Whether somebody caught it: who meets it after that, through a thunk that keeps it, is no caller of the place
    /// where it came up.
    pub(super) caught: Cell<bool>,
}

/// What all failures of an evaluation say. The arena drops nothing that lies in it; this is beside it.
#[derive(Default)]
pub(super) struct Failures(RefCell<Vec<Vec<Diagnostic>>>);

impl Failures {
    /// Keeps what a failure says, and tells where.
    pub(super) fn keep(&self, diagnostics: Vec<Diagnostic>) -> usize {
        if diagnostics.is_empty() {
            return usize::MAX;
        }
        self.0.borrow_mut().push(diagnostics);
        self.0.borrow().len() - 1
    }

    /// About how many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        const EACH: usize = 512;
        self.0.borrow().len() * EACH
    }
}

/// What sort of failure it is.
#[derive(Clone, Copy)]
pub(super) enum Kind<'e> {
    /// `throw`, `assert` and the like: `builtins.tryEval` catches it.
    Catchable,
    /// `abort`: `builtins.tryEval` does not catch it.
    Aborted,
    /// A value that needs itself.
    Circular,
    /// Any other error; nothing catches it.
    Fatal,
    /// No error: a strict operation met a value that is not known. The nearest thunk or call becomes unknown.
    Unknown(&'e Unknown),
}

/// How many callers an error names at most: more than calls can nest.
const LONGEST_TRACE: usize = 50_000;

impl<'e> EvalError<'e> {
    /// Looks at what it says.
    pub(super) fn with<T>(self, look: impl FnOnce(&mut Vec<Diagnostic>) -> T) -> T {
        match self.0.failures.0.borrow_mut().get_mut(self.0.index) {
            Some(diagnostics) => look(diagnostics),
            None => look(&mut Vec::new()),
        }
    }

    /// Adds a caller, innermost first.
    #[cold]
    pub(super) fn trace(self, span: Span, text: impl FnOnce() -> String) {
        if self.0.caught.get() {
            return;
        }
        let text = text();
        self.with(|diagnostics| {
            if let Some(diagnostic) = diagnostics.first_mut()
                && diagnostic.trace.len() < LONGEST_TRACE
            {
                diagnostic.trace.push(Label { span, text });
            }
        });
    }

    /// How many callers it names.
    pub(super) fn trace_length(self) -> usize {
        self.with(|diagnostics| diagnostics.first().map_or(0, |diagnostic| diagnostic.trace.len()))
    }

    /// Forgets the callers beyond the first `length`, as somebody else meets it; what was caught names those who came
    /// before that.
    #[cold]
    pub(super) fn met_again(self, length: usize) -> Self {
        if !self.0.caught.get() {
            self.with(|diagnostics| diagnostics.iter_mut().take(1).for_each(|it| it.trace.truncate(length)));
        }
        self
    }

    /// Adds a place that has to do with it.
    #[cold]
    pub(super) fn label(self, span: Span, text: &str) {
        self.with(|diagnostics| {
            if let Some(diagnostic) = diagnostics.first_mut()
                && span != Span::NONE
            {
                diagnostic.labels.push(Label { span, text: text.to_owned() });
            }
        });
    }

    /// Whether nothing was said yet but what is wrong at that place.
    pub(super) fn is_just_at(self, start: Pos) -> bool {
        self.with(|diagnostics| {
            diagnostics.first().is_some_and(|diagnostic| {
                let label = diagnostic.labels.first();
                diagnostic.trace.is_empty() && label.is_some_and(|label| label.span.start == start)
            })
        })
    }

    /// The unknown value that is behind it, where it is no error.
    pub(super) fn unknown(self) -> Option<&'e Unknown> {
        match self.0.kind {
            Kind::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// Whether `tryEval` catches it, which it then has.
    pub(crate) fn is_caught(self) -> bool {
        let caught = matches!(self.0.kind, Kind::Catchable);
        self.0.caught.set(self.0.caught.get() || caught);
        caught
    }

    /// Whether it is how code says that it must not be reached (`throw`, `assert`, `abort`): a branch that ends so is none
    /// that Nix took. Callers are no longer added to it.
    pub(crate) fn is_guard(self) -> bool {
        let is_guard = matches!(self.0.kind, Kind::Catchable | Kind::Aborted);
        self.0.caught.set(self.0.caught.get() || is_guard);
        is_guard
    }

    /// Whether a value needed itself.
    pub(super) fn is_circular(self) -> bool {
        matches!(self.0.kind, Kind::Circular)
    }

    /// What is wrong, as findings.
    pub fn diagnostics(self) -> Vec<Diagnostic> {
        self.0.caught.set(true);
        if let Some(unknown) = self.unknown() {
            let mut diagnostic = Diagnostic::error(Code::UnknownValue, format!("not known: {}", unknown.reason()));
            if unknown.span() != Span::NONE {
                diagnostic = diagnostic.at(unknown.span(), "");
            }
            return vec![diagnostic];
        }
        self.with(|diagnostics| diagnostics.clone())
    }
}

impl std::fmt::Debug for EvalError<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.diagnostics().iter().map(|d| d.message.clone())).finish()
    }
}
