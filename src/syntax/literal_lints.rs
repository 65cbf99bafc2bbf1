//! Nix's lints for literals.
//!
//! Source: nix.conf(5), `lint-url-literals`, `lint-short-path-literals` and `lint-absolute-path-literals`. The
//! messages are Nix's.

use crate::diag::Code;

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

/// A literal that a lint objects to.
pub(super) struct Discouraged {
    pub(super) code: Code,
    pub(super) message: String,
    /// Whether the text must be rejected.
    pub(super) is_fatal: bool,
}

impl LiteralLints {
    /// Checks a URL literal.
    pub(super) fn url(&self, text: &str) -> Option<Discouraged> {
        let verdict = if self.url == LintLevel::Fatal { "disallowed" } else { "discouraged" };
        discouraged(self.url, Code::UrlLiteral, || {
            let instead = format!("Consider using a string literal \"{text}\" instead");
            format!("URL literals are {verdict}. {instead} (lint-url-literals)")
        })
    }

    /// Checks a path literal; `text` is the part before its first interpolation.
    pub(super) fn path(&self, text: &str) -> Option<Discouraged> {
        let kind = match text.as_bytes() {
            [b'/', ..] => "absolute",
            [b'~', ..] => "home",
            [b'.', b'/', ..] | [b'.', b'.', b'/', ..] => return None,
            _ => {
                return discouraged(self.short_path, Code::ShortPathLiteral, || {
                    let instead = format!("should be prefixed with '.' for clarity: './{text}'");
                    format!("relative path literal '{text}' {instead} (lint-short-path-literals)")
                });
            }
        };
        discouraged(self.absolute_path, Code::AbsolutePathLiteral, || {
            let instead =
                format!("Consider replacing path literal '{text}' by a string, relative path, or parameter");
            format!("{kind} path literals are not portable. {instead} (lint-absolute-path-literals)")
        })
    }
}

fn discouraged(level: LintLevel, code: Code, message: impl FnOnce() -> String) -> Option<Discouraged> {
    (level != LintLevel::Ignore).then(|| Discouraged {
        code,
        message: message(),
        is_fatal: level == LintLevel::Fatal,
    })
}
