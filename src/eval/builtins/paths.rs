//! Paths that built-in functions are given, and what they refer to in the store.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::code::{Context, Element};
use crate::eval::coerce::Coercion;
use crate::eval::error::{EvalError, EvalResult};
use crate::eval::evaluator::Evaluator;
use crate::eval::paths::normalise;
use crate::eval::store::derivation::{Derivation, Modulo};
use crate::eval::store::path;
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::source::{Files, Pos, Span};

/// The absolute path that a value names, with its context.
pub(super) fn path_argument<'e>(
    ev: &mut Evaluator<'e>,
    value: Value<'e>,
    pos: Pos,
) -> EvalResult<'e, (PathBuf, Context<'e>)> {
    let (bytes, context) = path_bytes(ev, value, pos)?;
    Ok((normalise(Path::new(std::ffi::OsStr::from_bytes(&bytes))), context))
}

/// The text of a path, with its context.
fn path_bytes<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, (Vec<u8>, Context<'e>)> {
    let text = match ev.force(value)? {
        Value::Path(path) => return Ok((path.as_bytes().to_vec(), Context::default())),
        set @ Value::Attrs(attrs) => {
            if let Some(to_string) = attrs.get(ev.heap.common.to_string) {
                let path = ev.apply(to_string, set, pos)?;
                return path_bytes(ev, path, pos);
            }
            match (attrs.get(ev.heap.common.out_path), attrs.rest()) {
                (Some(path), _) => return path_bytes(ev, path, pos),
                (None, Some(unknown)) => return Err(ev.report.unknown_error(unknown)),
                (None, None) => set,
            }
        }
        other => other,
    };
    let mut path = Text::default();
    let span = ev.report.word_span(pos);
    ev.coerce_to_string(text, Coercion::PLAIN, &mut path, span)?;
    if !path.bytes.starts_with(b"/") {
        let message = format!("string '{}' doesn't represent an absolute path", path.to_str_lossy());
        return Err(ev.report.error(span, &message));
    }
    Ok((path.bytes, path.context))
}

/// The path that a value names, which is about to be read: what a build or a copy produces must exist already.
pub(super) fn readable_path<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, PathBuf> {
    let (path, context) = path_argument(ev, value, pos)?;
    check_there(ev, &path, context, pos)?;
    Ok(path)
}

/// Checks that everything in the context of a path exists.
pub(super) fn check_there<'e>(
    ev: &Evaluator<'e>,
    path: &Path,
    context: Context<'e>,
    pos: Pos,
) -> EvalResult<'e, ()> {
    for element in context.elements() {
        let needed = match *element {
            Element::Path(path) | Element::Deep(path) => Some(path.to_owned()),
            // Nix checks the derivation first; we need only the output.
            Element::Output { derivation, .. }
                if !ev.settings.unknowns && ev.loader.files.kind(Path::new(derivation)).is_err() =>
            {
                Some(derivation.to_owned())
            }
            Element::Output { derivation, output } => {
                let made = written_derivation(ev, derivation, ev.report.word_span(pos)).ok();
                made.and_then(|(derivation, _)| derivation.output_path(output))
            }
        };
        if needed.as_deref().is_none_or(|needed| ev.loader.files.kind(Path::new(needed)).is_err()) {
            let path = needed.unwrap_or_else(|| path.display().to_string());
            return Err(not_valid(ev, &path, ev.report.word_span(pos)));
        }
    }
    Ok(())
}

/// The error for a store path that only the store can look up.
#[cold]
pub(super) fn not_valid<'e>(ev: &Evaluator<'e>, path: &str, span: Span) -> EvalError<'e> {
    if ev.settings.unknowns {
        return ev.only_nix(&format!("only the Nix store knows {path}"), span);
    }
    ev.report.error(span, &format!("path '{}' is not valid", path::base(path)))
}

/// The derivation at a path, which must come from this evaluation.
pub(super) fn written_derivation<'e>(
    ev: &Evaluator<'e>,
    path: &str,
    span: Span,
) -> EvalResult<'e, (&'e Derivation, &'e Modulo)> {
    ev.written.derivation(path).ok_or_else(|| not_valid(ev, path, span))
}

/// The closure of a path: the path and everything it refers to, directly or indirectly.
pub(super) fn closure<'e>(ev: &Evaluator<'e>, path: &str, span: Span) -> EvalResult<'e, BTreeSet<String>> {
    ev.written.closure(path).map_err(|missing| not_valid(ev, &missing, span))
}
