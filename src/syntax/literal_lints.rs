//! Nix's lints for literals.
//!
//! Source: nix.conf(5), `lint-url-literals`, `lint-short-path-literals` and `lint-absolute-path-literals`. The
//! messages
//! are Nix's.

use super::parser::{Parsed, Parser};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

/// What to do with a kind of literal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LintLevel {
    /// Accept it.
    #[default]
    Ignore,
    /// Warn.
    Warn,
    /// Fail.
    Fatal,
}

/// The level of each lint for literals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LiteralLints {
    /// `https://example.org`
    pub url: LintLevel,
    /// `a/b`
    pub short_path: LintLevel,
    /// `/a` and `~/a`
    pub absolute_path: LintLevel,
}

impl Parser<'_, '_, '_> {
    /// Checks a URL literal.
    pub(super) fn lint_url(&mut self, text: &str, span: Span) -> Parsed<()> {
        let level = self.lints.url;
        let verdict = if level == LintLevel::Fatal { "disallowed" } else { "discouraged" };
        self.lint(level, Code::UrlLiteral, span, || {
            let instead = format!("Consider using a string literal \"{text}\" instead");
            format!("URL literals are {verdict}. {instead} (lint-url-literals)")
        })
    }

    /// Checks a path literal; `text` is the part before its first interpolation.
    pub(super) fn lint_path(&mut self, text: &str, span: Span) -> Parsed<()> {
        let kind = match text.as_bytes() {
            [b'/', ..] => "absolute",
            [b'~', ..] => "home",
            [b'.', b'/', ..] | [b'.', b'.', b'/', ..] => return Ok(()),
            _ => {
                return self.lint(self.lints.short_path, Code::ShortPathLiteral, span, || {
                    let instead = format!("should be prefixed with '.' for clarity: './{text}'");
                    format!("relative path literal '{text}' {instead} (lint-short-path-literals)")
                });
            }
        };
        self.lint(self.lints.absolute_path, Code::AbsolutePathLiteral, span, || {
            let instead =
                format!("Consider replacing path literal '{text}' by a string, relative path, or parameter");
            format!("{kind} path literals are not portable. {instead} (lint-absolute-path-literals)")
        })
    }

    fn lint(&mut self, level: LintLevel, code: Code, span: Span, message: impl FnOnce() -> String) -> Parsed<()> {
        match level {
            LintLevel::Ignore => Ok(()),
            LintLevel::Warn => {
                self.warnings.push(Diagnostic::warning(code, message()).at(span, ""));
                Ok(())
            }
            LintLevel::Fatal => Err(self.refuse_literal(code, span, message())),
        }
    }
}
