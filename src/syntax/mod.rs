//! Parses texts into expressions.
//!
//! The result is a tree of [`Node`](expr::Node)s in the arena, in which every variable is resolved to a slot or a capture; or else
//! every error that can be found in the text.
//!
//! Two parsers read a text. Our own follows Nix's lexer and grammar down to the last oddity, is fast, and stops at the
//! first error. A text that it rejects goes to rnix, whose lossless tree shows where the text is broken
//! ([`diagnose`]).
//!
//! Invariants:
//! - Parsing never panics and never overflows the stack, whatever the text.
//! - Errors point into the user's text, and one mistake is one error.

mod attributes;
mod diagnose;
pub(crate) mod expr;
mod lexer;
mod literal;
mod literal_lints;
mod literals;
mod lower;
pub mod mend;
mod parser;
mod paths;
mod quote;
mod scope;
mod sets;
mod shape;
pub(crate) mod symbol;
mod tree;

use std::path::Path;

use bumpalo::Bump;
use rustc_hash::FxHashMap;

use crate::diag::{Code, Diagnostic};
use crate::source::{Pos, SourceFile};
pub use expr::Unit;
pub use literal::{Context, Element, Str};
pub use literal_lints::{LintLevel, LiteralLints};
pub(crate) use literals::null_bytes;
use lower::Lowerer;
use parser::{Parser, Refusal};
pub use paths::path_literals;
pub use quote::quote;
pub use shape::{InlineCache, Key, Shape};
pub use symbol::{Symbol, Symbols};

/// What a text sees of its surroundings, and how it is parsed.
pub struct Scope<'a> {
    /// The global names, with their indexes.
    pub globals: &'a FxHashMap<Symbol, u32>,
    /// The directory that relative paths start from.
    pub directory: &'a Path,
    /// The home directory, which `~` stands for; `None` if the result must not depend on it.
    pub home: Option<&'a Path>,
    /// Whether `|>` and `<|` are operators.
    pub pipe_operators: bool,
    /// The levels of Nix's lints for literals.
    pub literal_lints: LiteralLints,
    /// The lowest address that the stack may reach.
    pub lowest_address: usize,
    /// How many bytes the tree may take.
    pub most_memory: usize,
}

/// Parses a text; returns the expression and the warnings of Nix's lints for literals.
///
/// # Errors
///
/// Everything that is wrong with the text.
pub fn parse<'e>(
    arena: &'e Bump,
    symbols: &Symbols<'e>,
    file: &SourceFile,
    scope: &Scope<'_>,
) -> Result<(&'e Unit<'e>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let bump = Bump::with_capacity(file.text.len().saturating_mul(2));
    let (tree, warnings) = Parser::new(&bump, arena, symbols, file, scope)
        .whole()
        .map_err(|refusal| refused(symbols, file, *refusal))?;
    let scopes = scope::Scopes::new(scope.globals);
    let mut lowerer =
        Lowerer { bump: arena, symbols, scopes, errors: Vec::new(), lowest_address: scope.lowest_address };
    let unit = lowerer.lower_whole(tree);
    if lowerer.errors.is_empty() { Ok((unit, warnings)) } else { Err(lowerer.errors) }
}

#[cold]
fn refused(symbols: &Symbols<'_>, file: &SourceFile, refusal: Refusal) -> Vec<Diagnostic> {
    match refusal {
        Refusal::Duplicate(duplicate) => {
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
        Refusal::Literal(code, span, message) => vec![Diagnostic::error(code, message).at(span, "")],
        Refusal::TooDeep(span) => {
            vec![Diagnostic::error(Code::Syntax, "the text is nested too deeply").at(span, "")]
        }
        Refusal::TooLarge(span) => {
            vec![Diagnostic::error(Code::Syntax, "out of memory; the text is too large to be read").at(span, "")]
        }
        Refusal::Syntax(span, message) => {
            let found = diagnose::slips(file);
            if found.is_empty() { vec![Diagnostic::error(Code::Syntax, message).at(span, "")] } else { found }
        }
    }
}

/// Removes `.` and `..` from a path without looking at the file system, as Nix's parser does.
fn clean(path: &Path) -> String {
    let mut names: Vec<&str> = Vec::new();
    let text = path.to_string_lossy();
    for name in text.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}
