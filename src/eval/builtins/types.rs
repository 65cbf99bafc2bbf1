//! Built-in functions that test the type of a value.

use super::arguments;
use super::declare::primops;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::value::Value;
use crate::source::Pos;

primops! {
    global "isNull" (value: strict) => is_null;
    prefixed "isBool" (value: strict) => is_bool;
    prefixed "isInt" (value: strict) => is_int;
    prefixed "isFloat" (value: strict) => is_float;
    prefixed "isString" (value: strict) => is_string;
    prefixed "isPath" (value: strict) => is_path;
    prefixed "isList" (value: strict) => is_list;
    prefixed "isAttrs" (value: strict) => is_attrs;
    prefixed "isFunction" (value: strict) => is_function;
    prefixed "typeOf" (value: strict) => type_of;
}

macro_rules! predicates {
    ($($name:ident $pattern:pat),* $(,)?) => {
        $(fn $name<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
            Ok(Value::Bool(match ev.force_partial(args[0])? {
                // The elements of a partial list are uncertain, but it is a list.
                partly @ Value::PartialList(_) => matches!(partly, $pattern),
                value => matches!(arguments::known(ev, value)?, $pattern),
            }))
        })*
    };
}

predicates! {
    is_null Value::Null,
    is_bool Value::Bool(_),
    is_int Value::Int(_),
    is_float Value::Float(_),
    is_string Value::String(_),
    is_path Value::Path(_),
    is_list Value::List(_) | Value::PartialList(_),
    is_attrs Value::Attrs(_),
    is_function Value::Lambda(_) | Value::Primop(_),
}

fn type_of<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let value = ev.force_partial(args[0])?;
    let name = match if matches!(value, Value::PartialList(_)) { value } else { arguments::known(ev, value)? } {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Float(_) => "float",
        Value::String(_) => "string",
        Value::Path(_) => "path",
        Value::List(_) | Value::PartialList(_) => "list",
        Value::Attrs(_) => "set",
        Value::Lambda(_) | Value::Primop(_) | Value::Thunk(_) | Value::Unknown(_) => "lambda",
    };
    Ok(ev.heap.string(name))
}
