//! `--keep-going`: lists and sets of which a definition fails.
//!
//! Nix computes nothing of such an option. What its other definitions say is shown, and the one that fails beside it: in a list
//! as an element, in a set as what there may be more of it.

use super::context::Path;
use super::defaults::whole_value;
use super::definition::Definition;
use super::merge::{Merge, Part};
use super::option::{Kind, Opt, TypeRef};
use super::scope::Scope;
use crate::eval::{EvalError, EvalResult, Evaluator, Value};

/// An option, and where it is.
type Option<'e> = (&'e Scope<'e>, Path<'e>, &'e Opt<'e>, TypeRef<'e>);

/// What the definitions say that do not fail; `error` where none is left.
pub(super) fn value<'e>(
    ev: &mut Evaluator<'e>,
    (scope, path, option, ty): Option<'e>,
    definitions: &[Definition<'e>],
    error: EvalError<'e>,
) -> EvalResult<'e, Value<'e>> {
    let mut parts = Vec::new();
    definitions.iter().for_each(|definition| definition.parts(ev, &mut parts));
    let fails = |definition: &Definition<'e>| whole_value(ev, scope, path, option, ty, &[*definition]).is_err();
    let (failing, others): (Vec<_>, Vec<_>) = parts.into_iter().partition(fails);
    if others.is_empty() {
        return Err(error);
    }
    let value = whole_value(ev, scope, path, option, ty, &others)?;
    let merge = Merge { scope, path, ty };
    let fail =
        |ev: &Evaluator<'e>, definition| ev.suspend(Part { merge, definitions: ev.alloc_slice(&[definition]) });
    match (ty.kind.get(), value) {
        (Kind::ListOf(_), Value::List(list)) => {
            let failing: Vec<_> = failing.into_iter().map(|definition| fail(ev, definition)).collect();
            Ok(ev.list(list.iter().chain(failing)))
        }
        // What of a set there is beside its error is read where it is known how to show that.
        (Kind::AttrsOf { .. }, Value::Attrs(_)) if path.symbols().as_slice() == [ev.symbol("containers")] => {
            let mut noted = scope.context.failing.borrow_mut();
            if noted.is_empty() {
                noted.extend(failing.into_iter().map(|definition| fail(ev, definition)));
            }
            Ok(value)
        }
        _ => Err(error),
    }
}
