//! Whether a value has a type, as the type's own `check` decides: no deeper than the value's outermost constructor.

use super::option::{Kind, TypeRef};
use super::types::Type;
use crate::eval::{EvalResult, Evaluator, Unknown, Value};
use crate::source::Pos;

/// Whether an evaluated value has a type, or the unknown that this depends on.
pub(super) fn fits<'e>(
    ev: &mut Evaluator<'e>,
    ty: TypeRef<'e>,
    value: Value<'e>,
) -> EvalResult<'e, Result<bool, &'e Unknown>> {
    let fits = match (ty.kind.get(), value) {
        (Kind::NullOr(_), Value::Null) => true,
        (Kind::NullOr(inner), value) => match self::fits(ev, inner, value)? {
            Ok(fits) => fits,
            unknown => return Ok(unknown),
        },
        (Kind::Either(a, b), value) => {
            let fits = match self::fits(ev, a, value)? {
                Ok(false) => self::fits(ev, b, value)?,
                decided => decided,
            };
            match fits {
                Ok(fits) => fits,
                unknown => return Ok(unknown),
            }
        }
        (Kind::Scalar(ty), value) => scalar(ev, ty, value),
        (Kind::ListOf(_), value) => matches!(value, Value::List(_) | Value::PartialList(_)),
        (Kind::AttrsOf { .. }, value) => matches!(value, Value::Attrs(_)),
        (Kind::Joined(_), value) => matches!(value, Value::String(_)),
        (Kind::Submodule(_), value) => match value {
            Value::Attrs(_) | Value::Lambda(_) | Value::Path(_) => true,
            Value::String(text) => text.as_bytes().starts_with(b"/"),
            _ => false,
        },
        (Kind::Equal | Kind::One | Kind::Guest | Kind::Anything | Kind::Opaque | Kind::Unknown(_), _) => true,
    };
    let Some(check) = ty.check.filter(|_| fits) else { return Ok(Ok(fits)) };
    let checked = ev.call(check, value, Pos::NONE)?;
    match ev.force(checked)? {
        Value::Bool(fits) => Ok(Ok(fits)),
        Value::Unknown(unknown) => Ok(Err(unknown)),
        other => Err(ev.report.type_error(&ev.heap, "a Boolean", other, Pos::NONE)),
    }
}

fn scalar<'e>(ev: &Evaluator<'e>, ty: &Type, value: Value<'e>) -> bool {
    match (ty, value) {
        (Type::Bool, Value::Bool(_)) | (Type::Str, Value::String(_)) | (Type::Path, Value::Path(_)) => true,
        (Type::Path, Value::String(text)) => text.as_bytes().first() == Some(&b'/'),
        (Type::Path, Value::Attrs(set)) => set.get(ev.heap.symbol("outPath")).is_some(),
        (Type::Int { min, max, .. }, Value::Int(number)) => (*min..=*max).contains(&number),
        (Type::Enum(values), Value::String(text)) => values.iter().any(|value| value.as_bytes() == text.as_bytes()),
        (Type::StrMatching { matches, .. }, Value::String(text)) => matches(&text.to_str_lossy()),
        _ => false,
    }
}
