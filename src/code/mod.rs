//! What the evaluator runs: expressions whose variables are resolved to slots and captures, and what they consist of.
//!
//! [`crate::syntax`] makes them of texts, and [`crate::eval`] runs them. All of it lives in the arena of one evaluation.
//!
//! Invariants:
//! - A variable names a slot of the running unit's frame, or a capture: nothing is looked up by name at run time, except
//!   below `with`.
//! - A literal, and the shape of a set that a literal makes, are allocated once and shared by all their values.

pub(crate) mod expr;
mod shape;
mod string;
pub(crate) mod symbol;
mod symbols;

pub use expr::Unit;
pub use shape::{InlineCache, Key, Shape};
pub use string::{Context, Element, Str};
pub use symbol::Symbol;
pub use symbols::Symbols;
