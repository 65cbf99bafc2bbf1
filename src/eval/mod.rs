//! The evaluator: Nix, lazily, with unknown values.
//!
//! Takes: files and texts. Gives: [`Value`]s, whose parts are evaluated when they are asked for.
//!
//! Invariants:
//! - What is known is what Nix computes; what only nixpkgs, the store or the network knows is an [`Unknown`], and
//!   whatever depends on it is unknown too.
//! - It reads through [`crate::source::Files`] alone, runs nothing and writes nothing.
//! - Bad input is an error with a place in it, never a panic and never an overflow of the stack.
//!
//! Not here: modules and options (`modules`).

mod append;
mod assertion;
mod attrs;
mod bind;
mod builtins;
mod call;
mod date;
mod describe;
mod error;
mod evaluate;
mod expression;
mod fingerprint;
mod import;
mod json;
mod layers;
mod limits;
mod machine;
mod make;
mod names;
mod operators;
mod partial;
mod print;
mod regex;
mod repr;
mod shapes;
mod stack;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod top_level;
mod value;
mod written;
mod xml;

pub use crate::syntax::{Context, Element, Str, Symbol};
pub use date::date;
pub use error::{EvalError, EvalResult};
pub use fingerprint::{Fingerprint, KNOWN_BY};
pub use machine::{Arena, Evaluator, Settings};
pub use partial::{Item, OptionalAttr, PartialList};
pub use stack::on_big_stack;
pub use store::source_path;
pub use top_level::print_text;
pub use value::{Attrs, CodeId, List, Primop, Suspend, Thunk, Unknown, Value};
