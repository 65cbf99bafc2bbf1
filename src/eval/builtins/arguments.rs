//! How built-in functions read their arguments: each function here evaluates a value and checks its type. Errors point to
//! `pos`.

use crate::code::Str;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::value::{Attrs, TaggedValue, Value};
use crate::source::Pos;

/// Evaluates a value to an integer.
pub(super) fn int<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, i64> {
    match ev.force(value)? {
        Value::Int(value) => Ok(value),
        other => Err(ev.report.type_error(&ev.heap, "an integer", other, pos)),
    }
}

/// Evaluates a value to a Boolean.
pub(super) fn boolean<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, bool> {
    match ev.force(value)? {
        Value::Bool(value) => Ok(value),
        other => Err(ev.report.type_error(&ev.heap, "a Boolean", other, pos)),
    }
}

/// Evaluates a value to a string.
pub(super) fn text<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Str<'e>> {
    match ev.force(value)? {
        Value::String(text) => Ok(text),
        other => Err(ev.report.type_error(&ev.heap, "a string", other, pos)),
    }
}

/// Evaluates a value to a string without context.
pub(super) fn plain_text<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Str<'e>> {
    let text = text(ev, value, pos)?;
    if text.context().is_empty() {
        return Ok(text);
    }
    ev.without_context(text, ev.report.word_span(pos))
}

/// Checks that a value can be called. An unknown function makes every result unknown.
pub(super) fn function<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
    match ev.force(value)? {
        function @ Value::Unknown(_) => Ok(function),
        function if ev.heap.is_function(function) => Ok(function),
        other => Err(ev.report.type_error(&ev.heap, "a function", other, pos)),
    }
}

/// An attribute that the set must have.
pub(super) fn required<'e>(
    ev: &mut Evaluator<'e>,
    attrs: &'e Attrs<'e>,
    name: &str,
    pos: Pos,
) -> EvalResult<'e, Value<'e>> {
    match optional(ev, attrs, name)? {
        Some(value) => Ok(value),
        None => Err(ev.report.error(ev.report.word_span(pos), &format!("attribute '{name}' missing"))),
    }
}

/// An attribute that the set may lack.
pub(super) fn optional<'e>(
    ev: &Evaluator<'e>,
    attrs: &'e Attrs<'e>,
    name: &str,
) -> EvalResult<'e, Option<Value<'e>>> {
    let symbol = ev.heap.symbol(name);
    match (attrs.get(symbol), attrs.maybe(symbol)) {
        (None, Some(unknown)) => Err(ev.report.unknown_error(unknown)),
        (found, _) => Ok(found),
    }
}

/// Evaluates a value to a list, and returns its elements.
pub(super) fn items<'e>(
    ev: &mut Evaluator<'e>,
    value: Value<'e>,
    pos: Pos,
) -> EvalResult<'e, &'e [TaggedValue<'e>]> {
    match ev.force(value)? {
        Value::List(list) => Ok(list.items()),
        other => Err(ev.report.type_error(&ev.heap, "a list", other, pos)),
    }
}

/// Evaluates a value to a set.
pub(super) fn set<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
    match ev.force(value)? {
        Value::Attrs(attrs) => Ok(attrs),
        other => Err(ev.report.type_error(&ev.heap, "a set", other, pos)),
    }
}

/// Evaluates a value to a set without partial names.
pub(super) fn closed_set<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
    let attrs = set(ev, value, pos)?;
    match attrs.rest() {
        Some(unknown) => Err(ev.report.unknown_error(unknown)),
        None => Ok(attrs),
    }
}

/// Evaluates a value to a set whose names are known, at least as optional ones.
pub(super) fn set_of_names<'e>(
    ev: &mut Evaluator<'e>,
    value: Value<'e>,
    pos: Pos,
) -> EvalResult<'e, &'e Attrs<'e>> {
    let attrs = set(ev, value, pos)?;
    match attrs.any() {
        Some(unknown) => Err(ev.report.unknown_error(unknown)),
        None => Ok(attrs),
    }
}

/// Evaluates a value that must be known.
pub(super) fn known<'e>(ev: &mut Evaluator<'e>, value: Value<'e>) -> EvalResult<'e, Value<'e>> {
    match ev.force(value)? {
        Value::Unknown(unknown) => Err(ev.report.unknown_error(unknown)),
        value => Ok(value),
    }
}

/// Calls a predicate.
pub(super) fn holds<'e>(
    ev: &mut Evaluator<'e>,
    predicate: Value<'e>,
    value: Value<'e>,
    pos: Pos,
) -> EvalResult<'e, bool> {
    let result = ev.apply(predicate, value, pos)?;
    boolean(ev, result, pos)
}
