//! Conversion between values and JSON (`builtins.toJSON`, `builtins.fromJSON`).

mod read;
mod write;

pub(super) use read::parse_json;
pub use write::to_json;
pub(super) use write::{json_with_context, string as write_string};
