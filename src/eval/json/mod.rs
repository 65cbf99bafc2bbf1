//! Values as JSON and back (`builtins.toJSON`, `builtins.fromJSON`).

mod read;
mod write;

pub(super) use write::string as write_string;
