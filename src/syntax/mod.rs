//! From text to expressions.
//!
//! Takes: a text. Gives: a tree of [`Node`]s in the arena, with every variable resolved to a frame and a slot, or all
//! syntax errors of the text at once.
//!
//! Invariants:
//! - Never panics, whatever the text.
//! - Errors point into the user's text, and one mistake is one error.

mod bindings;
pub mod expr;
mod lower;
mod parse;
mod quote;
mod strings;
pub mod symbol;

pub use expr::{Expr, Node, NodeRef};
pub use lower::{Scope, lower};
pub use parse::parse;
pub use quote::quote;
pub use symbol::{Symbol, Symbols};
