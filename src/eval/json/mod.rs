//! Conversion between values and JSON (`builtins.toJSON`, `builtins.fromJSON`).

mod read;
mod write;

pub(super) use write::string as write_string;
