//! From text to expressions.
//!
//! Takes: a text. Gives: a tree of [`Node`]s in the arena, with every variable resolved to a frame and a slot, or all
//! syntax errors of the text at once.
//!
//! Invariants:
//! - Never panics, whatever the text.
//! - Errors point into the user's text, and one mistake is one error.

pub mod expr;
mod lower;
mod parse;
mod strings;

pub use expr::{Expr, Node, NodeRef};
pub use lower::lower;
pub use parse::parse;
