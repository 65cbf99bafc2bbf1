//! The evaluator: lazy Nix with unknown values.
//!
//! It turns files and texts into [`Value`]s, whose parts are evaluated on demand.
//!
//! Invariants:
//! - A known value is exactly what Nix computes. What only nixpkgs, the store or the network knows is an [`Unknown`],
//!   and everything that depends on it is unknown too.
//! - It reads only through [`crate::source::Files`], runs no programs and writes nothing.
//! - Bad input gives an error with a location, never a panic or a stack overflow.
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

pub use crate::syntax::Symbol;
pub use date::date;
pub use error::{EvalError, EvalResult};
pub use fingerprint::{Fingerprint, KNOWN_BY};
pub use machine::{Arena, Evaluator, Settings};
pub use partial::{Item, OptionalAttr};
pub use stack::on_big_stack;
pub use store::source_path;
pub use top_level::print_text;
pub use value::{Attrs, CodeId, Primop, Suspend, Unknown, Value};
