//! `--keep-going`: the value of a list or set when one of its definitions fails.
//!
//! Nix fails the whole option. Here, the other definitions still count, and the failing one is shown beside them: as an
//! element of the list, or as the reason why the set may have more names.

use super::definition::Definition;
use super::merge::{Merge, Part};
use super::option::{Kind, Opt, TypeRef};
use super::path::Path;
use super::scope::Scope;
use crate::eval::{EvalError, EvalResult, Evaluator, Value};

/// An option, with its scope, path and type.
type Option<'e> = (&'e Scope<'e>, Path<'e>, &'e Opt<'e>, TypeRef<'e>);

/// Merges the definitions that do not fail; returns `error` if none remains.
pub(super) fn value<'e>(
    ev: &mut Evaluator<'e>,
    (scope, path, option, ty): Option<'e>,
    definitions: &[Definition<'e>],
    error: EvalError<'e>,
) -> EvalResult<'e, Value<'e>> {
    let mut parts = Vec::new();
    definitions.iter().for_each(|definition| definition.parts(ev, &mut parts));
    let fails = |definition: &Definition<'e>| scope.whole_value(ev, path, option, ty, &[*definition]).is_err();
    let (failing, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(fails);
    if others.is_empty() {
        return Err(error);
    }
    let value = scope.whole_value(ev, path, option, ty, &others)?;
    let merge = Merge { scope, path, ty };
    let fail = |ev: &Evaluator<'e>, definition| {
        ev.heap.suspend(Part { merge, definitions: ev.heap.alloc_slice(&[definition]) })
    };
    match (ty.kind.get(), value) {
        (Kind::ListOf(_), Value::List(list)) => {
            let failing: Vec<_> = failing.into_iter().map(|definition| fail(ev, definition)).collect();
            Ok(ev.heap.list(list.iter().chain(failing)))
        }
        // Only the reader of `containers` can show a set beside its error.
        (Kind::AttrsOf { .. }, Value::Attrs(_)) if path.symbols().as_slice() == [ev.heap.symbol("containers")] => {
            let mut noted = scope.context.failing.borrow_mut();
            if noted.is_empty() {
                noted.extend(failing.into_iter().map(|definition| fail(ev, definition)));
            }
            Ok(value)
        }
        _ => Err(error),
    }
}
