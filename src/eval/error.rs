//! What ends an evaluation early: an error or an unknown value.

use std::cell::{Cell, RefCell};

use super::unknown::Unknown;
use crate::diag::{Code, Diagnostic, Label};
use crate::source::{Pos, Span};

/// The result of an evaluation.
pub type EvalResult<'e, T> = Result<T, EvalError<'e>>;

/// Why an evaluation returned no value. It is `Copy`, so that a failed thunk can store it and fail the same way again.
#[derive(Clone, Copy)]
pub struct EvalError<'e>(pub(super) &'e Failure<'e>);

/// The failure itself, in the arena.
pub(super) struct Failure<'e> {
    pub(super) kind: Kind<'e>,
    pub(super) failures: &'e Failures,
    /// The index of its diagnostics; out of range if it has none.
    pub(super) index: usize,
    /// Whether it was caught. Code that meets it later, through a thunk that stored it, did not call the code that
    /// failed.
    pub(super) caught: Cell<bool>,
}

/// The diagnostics of all failures. They are kept outside the arena, which drops nothing.
#[derive(Default)]
pub(super) struct Failures(RefCell<Vec<Vec<Diagnostic>>>);

impl Failures {
    /// Stores the diagnostics of a failure; returns their index.
    pub(super) fn keep(&self, diagnostics: Vec<Diagnostic>) -> usize {
        if diagnostics.is_empty() {
            return usize::MAX;
        }
        self.0.borrow_mut().push(diagnostics);
        self.0.borrow().len() - 1
    }

    /// The approximate size in bytes.
    pub(super) fn bytes(&self) -> usize {
        const EACH: usize = 512;
        self.0.borrow().len() * EACH
    }
}

/// The kinds of failures.
#[derive(Clone, Copy)]
pub(super) enum Kind<'e> {
    /// `throw`, `assert` and the like: `builtins.tryEval` catches it.
    Catchable,
    /// `abort`: `builtins.tryEval` does not catch it.
    Aborted,
    /// An infinite recursion.
    Circular,
    /// Any other error; nothing catches it.
    Fatal,
    /// Not an error: a strict operation met an unknown value. The nearest thunk or call becomes unknown.
    Unknown(&'e Unknown),
}

/// The longest trace: more frames than calls can nest.
const LONGEST_TRACE: usize = 50_000;

impl<'e> EvalError<'e> {
    /// Reads or changes the diagnostics.
    pub(super) fn with<T>(self, look: impl FnOnce(&mut Vec<Diagnostic>) -> T) -> T {
        match self.0.failures.0.borrow_mut().get_mut(self.0.index) {
            Some(diagnostics) => look(diagnostics),
            None => look(&mut Vec::new()),
        }
    }

    /// Adds a caller to the trace, which starts with the innermost.
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

    /// The length of the trace.
    pub(super) fn trace_length(self) -> usize {
        self.with(|diagnostics| diagnostics.first().map_or(0, |diagnostic| diagnostic.trace.len()))
    }

    /// Drops the callers after the first `length`, because other code meets the failure now. A caught failure keeps
    /// those that came before.
    #[cold]
    pub(super) fn met_again(self, length: usize) -> Self {
        if !self.0.caught.get() {
            self.with(|diagnostics| diagnostics.iter_mut().take(1).for_each(|it| it.trace.truncate(length)));
        }
        self
    }

    /// Adds a label.
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

    /// Adds "did you mean …" if one of `names` is similar.
    pub(super) fn suggest<'a>(self, missing: &str, names: impl Iterator<Item = &'a str>) {
        let close = names
            .map(|name| (strsim::damerau_levenshtein(missing, name), name))
            .filter(|(distance, _)| *distance <= 2)
            .min();
        self.with(|diagnostics| {
            if let (Some((_, name)), Some(diagnostic)) = (close, diagnostics.first_mut()) {
                diagnostic.help = Some(format!("did you mean `{name}`?"));
            }
        });
    }

    /// Whether the error has nothing but a label at that position.
    pub(super) fn is_just_at(self, start: Pos) -> bool {
        self.with(|diagnostics| {
            diagnostics.first().is_some_and(|diagnostic| {
                let label = diagnostic.labels.first();
                diagnostic.trace.is_empty() && label.is_some_and(|label| label.span.start == start)
            })
        })
    }

    /// The unknown value, if this is not an error.
    pub(super) fn unknown(self) -> Option<&'e Unknown> {
        match self.0.kind {
            Kind::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// Whether `tryEval` catches it; marks it as caught.
    pub(crate) fn is_caught(self) -> bool {
        let caught = matches!(self.0.kind, Kind::Catchable);
        self.0.caught.set(self.0.caught.get() || caught);
        caught
    }

    /// Whether it marks code that must not be reached (`throw`, `assert`, `abort`): Nix did not take a branch that
    /// ends like this. Further callers are no longer recorded.
    pub(crate) fn is_guard(self) -> bool {
        let is_guard = matches!(self.0.kind, Kind::Catchable | Kind::Aborted);
        self.0.caught.set(self.0.caught.get() || is_guard);
        is_guard
    }

    /// Whether it is an infinite recursion.
    pub(super) fn is_circular(self) -> bool {
        matches!(self.0.kind, Kind::Circular)
    }

    /// The diagnostics.
    pub fn diagnostics(self) -> Vec<Diagnostic> {
        self.0.caught.set(true);
        if let Some(unknown) = self.unknown() {
            let mut diagnostic =
                Diagnostic::error(Code::UnknownValue, format!("unknown value: {}", unknown.reason()));
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
