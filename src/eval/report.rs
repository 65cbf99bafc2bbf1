//! Errors with the location in the user's text.

use std::cell::Cell;

use bumpalo::Bump;

use super::error::{EvalError, Failure, Failures, Kind};
use super::unknown::Unknown;
use crate::diag::{Code, Diagnostic, Label};
use crate::source::{Pos, SourceMap, Span};

/// Creates errors, and knows the texts that they refer to.
#[derive(Clone, Copy)]
pub struct Reporter<'e> {
    pub(super) bump: &'e Bump,
    pub(super) failures: &'e Failures,
    /// The texts read so far.
    pub(super) sources: &'e SourceMap,
}

impl<'e> Reporter<'e> {
    /// The texts read so far.
    pub fn sources(&self) -> &'e SourceMap {
        self.sources
    }

    #[cold]
    pub(super) fn unknown_error(&self, unknown: &'e Unknown) -> EvalError<'e> {
        self.fail(Kind::Unknown(unknown), Vec::new())
    }

    fn fail(&self, kind: Kind<'e>, diagnostics: Vec<Diagnostic>) -> EvalError<'e> {
        let (failures, caught) = (self.failures, Cell::new(false));
        let index = failures.keep(diagnostics);
        EvalError(self.bump.alloc(Failure { kind, failures, index, caught }))
    }

    /// An error that `builtins.tryEval` does not catch.
    #[cold]
    pub(super) fn error(&self, span: Span, message: &str) -> EvalError<'e> {
        self.fail(Kind::Fatal, vec![self.evaluation_error(span, message)])
    }

    /// An error that `builtins.tryEval` catches.
    #[cold]
    pub(super) fn catchable(&self, span: Span, message: &str) -> EvalError<'e> {
        self.fail(Kind::Catchable, vec![self.evaluation_error(span, message)])
    }

    /// The error of `abort`, which nothing catches.
    #[cold]
    pub(super) fn aborted(&self, span: Span, message: &str) -> EvalError<'e> {
        self.fail(Kind::Aborted, vec![self.evaluation_error(span, message)])
    }

    /// The error of a value that depends on itself.
    #[cold]
    pub(super) fn circular(&self) -> EvalError<'e> {
        self.fail(Kind::Circular, vec![self.evaluation_error(Span::NONE, "infinite recursion encountered")])
    }

    /// Nix's error for an experimental feature that is not enabled.
    #[cold]
    pub(super) fn feature_error(&self, feature: &str, what: &str, pos: Pos) -> EvalError<'e> {
        let message = format!("experimental Nix feature '{feature}' is disabled{what}");
        let help = format!("add '--extra-experimental-features {feature}' to enable it");
        self.error(self.word_span(pos), &format!("{message}; {help}"))
    }

    fn evaluation_error(&self, span: Span, message: &str) -> Diagnostic {
        // The user's message may have several lines; a diagnostic has one, and the rest becomes its help.
        let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
        let mut diagnostic = Diagnostic::error(Code::Evaluation, first);
        if !rest.trim().is_empty() {
            diagnostic = diagnostic.help(rest.trim_end());
        }
        // Given only a position, label the word there. Its end is computed only now that something failed.
        if span != Span::NONE {
            let span = if span.is_empty() { self.word_span(span.start) } else { self.first_line(span) };
            diagnostic = diagnostic.at(span, "");
        }
        diagnostic
    }

    /// An error with the caller's diagnostic that nixpkgs' library would `throw`: `builtins.tryEval` catches it.
    pub fn thrown(&self, diagnostic: Diagnostic) -> EvalError<'e> {
        self.fail(Kind::Catchable, vec![diagnostic])
    }

    /// An error with the caller's diagnostic.
    pub fn diagnostic_error(&self, diagnostic: Diagnostic) -> EvalError<'e> {
        self.fail(Kind::Fatal, vec![diagnostic])
    }

    /// An error with several diagnostics.
    pub(super) fn diagnostics_error(&self, diagnostics: Vec<Diagnostic>) -> EvalError<'e> {
        self.fail(Kind::Fatal, diagnostics)
    }

    /// The part of a span on its first line.
    pub(super) fn first_line(&self, span: Span) -> Span {
        let Some(file) = self.sources.file(span.start) else { return span };
        let (start, end) = (file.offset(span.start), file.offset(span.end));
        let text = file.text.get(start..end).unwrap_or_default();
        let length = text.find('\n').unwrap_or(text.len());
        Span::new(span.start, file.pos(start + text[..length].trim_end().len()))
    }

    /// The span of the attribute path that begins at `pos`.
    pub fn attribute_span(&self, pos: Pos) -> Span {
        self.span_of(pos, |text| {
            let end = text.find(['=', ';', '\n']).unwrap_or(text.len());
            // A quoted name may contain any of these.
            let quoted = text.find('"').filter(|quote| *quote < end);
            let end = match quoted {
                Some(open) => text[open + 1..].find('"').map_or(end, |close| open + 1 + close + 1),
                None => end,
            };
            let tail = text[end..].split(['=', ';', '\n', ' ']).next().filter(|_| quoted.is_some());
            text[..end].trim_end().len() + tail.map_or(0, |tail| tail.trim_end().len())
        })
    }

    /// The span of the word, path or bracket at `pos`.
    pub fn word_span(&self, pos: Pos) -> Span {
        self.span_of(pos, |text| {
            let end = text.find(|c: char| c.is_whitespace() || matches!(c, ';' | ']' | ')' | '}' | '{' | '('));
            end.unwrap_or(text.len()).max(text.chars().next().map_or(0, char::len_utf8))
        })
    }

    fn span_of(&self, pos: Pos, length: impl FnOnce(&str) -> usize) -> Span {
        let Some(file) = self.sources.file(pos) else { return Span::NONE };
        let offset = file.offset(pos);
        let text = file.text.get(offset..).unwrap_or_default();
        Span::new(pos, file.pos(offset + length(text)))
    }

    /// Whether a position is in a text internal to Nix, which users cannot open.
    pub(super) fn is_internal(&self, pos: Pos) -> bool {
        self.sources.file(pos).is_some_and(|file| file.path.starts_with("«nix-internal»"))
    }

    /// Labels an error that has no label yet with the span where it occurred.
    #[cold]
    pub(super) fn locate(&self, error: EvalError<'e>, span: Span) {
        error.with(|diagnostics| {
            if let [diagnostic] = diagnostics.as_mut_slice()
                && diagnostic.labels.is_empty()
                && span != Span::NONE
            {
                diagnostic.labels.push(Label { span: self.first_line(span), text: String::new() });
            }
        });
    }
}
