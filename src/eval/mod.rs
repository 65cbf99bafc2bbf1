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

mod arithmetic;
mod assertion;
mod attrs;
mod bind;
mod builtins;
mod call;
mod coerce;
mod copy;
mod date;
mod describe;
mod error;
mod evaluate;
mod evaluator;
mod expression;
mod fingerprint;
mod heap;
mod import;
mod json;
mod limits;
mod loader;
mod names;
mod native;
mod notes;
mod operators;
mod partial;
mod paths;
mod print;
mod provenance;
mod regex;
mod report;
mod repr;
mod settings;
mod speculation;
mod stack;
mod start;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod top_level;
mod unknown;
mod value;
mod written;
mod xml;

pub use crate::code::Symbol;
pub use date::date;
pub use error::{EvalError, EvalResult};
pub use evaluator::{Arena, Evaluator};
pub use fingerprint::{Fingerprint, KNOWN_BY};
pub use heap::Heap;
pub use json::to_json;
pub use loader::Loader;
pub use native::{Primop, Suspend};
pub use notes::Notes;
pub(crate) use paths::normal_path;
pub use print::print;
pub use provenance::Provenance;
pub use report::Reporter;
pub use repr::OptionalAttr;
pub use settings::{Settings, unknown_feature};
pub use stack::on_big_stack;
pub use store::source_path;
pub use top_level::{call_with_arguments, print_text, select_along};
pub use value::{Attrs, CodeId, Item, Unknown, Value};
