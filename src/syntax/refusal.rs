//! Why a text does not parse, and what to tell its author.

use super::sets::Duplicate;
use super::{diagnose, lower};
use crate::code::Symbols;
use crate::diag::{Code, Diagnostic};
use crate::source::{Pos, SourceFile, Span};

/// Why a text does not parse.
#[derive(Debug)]
pub(super) enum Refusal {
    /// An unexpected token.
    Syntax(Span, String),
    /// A literal that a lint of Nix rejects.
    Literal(Code, Span, String),
    /// The text is nested too deeply.
    TooDeep(Span),
    /// The tree takes too much memory.
    TooLarge(Span),
    /// A name is defined twice.
    Duplicate(Duplicate),
}

pub(super) type Parsed<T> = Result<T, Box<Refusal>>;

impl Refusal {
    /// Everything that is wrong with the text.
    #[cold]
    pub(super) fn explain(self, symbols: &Symbols<'_>, file: &SourceFile) -> Vec<Diagnostic> {
        match self {
            Self::Duplicate(duplicate) => {
                let span = |pos: Pos| lower::name_span(file, pos);
                vec![
                    Diagnostic::error(
                        Code::Syntax,
                        lower::defined_twice(symbols, &duplicate.path, file, duplicate.first),
                    )
                    .at(span(duplicate.second), "defined again here")
                    .at(span(duplicate.first), "first defined here")
                    .help("remove one of them"),
                ]
            }
            Self::Literal(code, span, message) => vec![Diagnostic::error(code, message).at(span, "")],
            Self::TooDeep(span) => {
                vec![Diagnostic::error(Code::Syntax, "the text is nested too deeply").at(span, "")]
            }
            Self::TooLarge(span) => {
                vec![
                    Diagnostic::error(Code::Syntax, "out of memory; the text is too large to be read").at(span, ""),
                ]
            }
            Self::Syntax(span, message) => {
                let found = diagnose::slips(file);
                if found.is_empty() { vec![Diagnostic::error(Code::Syntax, message).at(span, "")] } else { found }
            }
        }
    }
}
