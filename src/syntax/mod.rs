//! Parses texts into code.
//!
//! The result is a tree of [`Node`](crate::code::expr::Node)s in the arena, in which every variable is resolved to a slot or a capture; or else
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
mod lexer;
mod literal_lints;
mod literals;
mod lower;
pub mod mend;
mod parser;
mod paths;
mod quote;
mod refusal;
mod scope;
mod sets;
mod tree;

use bumpalo::Bump;

use crate::code::{Symbols, Unit};
use crate::diag::Diagnostic;
use crate::source::SourceFile;
pub use literal_lints::{LintLevel, LiteralLints};
pub(crate) use literals::null_bytes;
use lower::Lowerer;
use parser::Parser;
pub use parser::Scope;
pub use paths::path_literals;
pub use quote::quote;

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
        .map_err(|refusal| refusal.explain(symbols, file))?;
    let scopes = scope::Scopes::new(scope.globals);
    let mut lowerer =
        Lowerer { bump: arena, symbols, scopes, errors: Vec::new(), lowest_address: scope.lowest_address };
    let unit = lowerer.lower_whole(tree);
    if lowerer.errors.is_empty() { Ok((unit, warnings)) } else { Err(lowerer.errors) }
}
