//! Files in Nix that are compiled into the program.

use crate::eval::{EvalResult, Evaluator, Value};
use crate::source::Pos;

/// Whether a position is in one of these files, where users cannot change anything.
pub(super) fn is_built_in(ev: &Evaluator<'_>, pos: Pos) -> bool {
    ev.report.sources().file(pos).is_some_and(|file| file.path.starts_with("/container-rebuild"))
}

/// Evaluates such a file.
pub(super) fn import<'e>(ev: &mut Evaluator<'e>, (path, text): (&str, &'static str)) -> EvalResult<'e, Value<'e>> {
    ev.loader.embed(path, text);
    ev.import_at(path, Pos::NONE)
}
