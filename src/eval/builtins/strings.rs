//! Built-in functions on strings.

use super::arguments;
use super::declare::primops;
use crate::code::Str;
use crate::eval::coerce::Coercion;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::source::{Pos, Span};

primops! {
    prefixed "concatStringsSep" (separator: strict, list: lazy) => concat_strings_sep;
    prefixed "replaceStrings" (from: strict, to: lazy, text: lazy) => replace_strings;
    prefixed "stringLength" (text: strict) => string_length;
    prefixed "substring" (start: strict, length: lazy, text: lazy) => substring;
    global "toString" (value: strict) => to_string;
}

/// Coerces a value to a string without copying one that is a string already.
fn coerced<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Str<'e>> {
    let value = ev.force(value)?;
    if let Value::String(text) = value {
        return Ok(text);
    }
    let mut text = Text::default();
    let span = ev.report.word_span(pos);
    ev.coerce_to_string(value, Coercion::INTERPOLATION, &mut text, span)?;
    Ok(ev.heap.alloc(Str::with_context(ev.heap.alloc_slice(&text.bytes), text.context)))
}

fn concat_strings_sep<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let separator = arguments::text(ev, args[0], pos)?;
    let items = arguments::items(ev, args[1], pos)?;
    let span = Span::at(pos);
    let mut joined = Text { context: separator.context(), ..Text::default() };
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            joined.push(separator.as_bytes());
        }
        ev.limits.reserve_text(joined.bytes.len(), span)?;
        ev.coerce_to_string(item.get(), Coercion::INTERPOLATION, &mut joined, span)?;
    }
    Ok(ev.heap.finish(&joined))
}

fn replace_strings<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (from, to) = (arguments::items(ev, args[0], pos)?, arguments::items(ev, args[1], pos)?);
    if from.len() != to.len() {
        let message = "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths";
        return Err(ev.report.error(ev.report.word_span(pos), message));
    }
    let mut patterns = Vec::with_capacity(from.len());
    for pattern in from {
        patterns.push(arguments::text(ev, pattern.get(), pos)?.as_bytes());
    }
    let text = arguments::text(ev, args[2], pos)?;
    let span = ev.report.word_span(pos);
    let mut out = Text { bytes: Vec::with_capacity(text.as_bytes().len()), context: text.context() };
    let text = text.as_bytes();
    // Most bytes start no pattern, which a table lookup tells.
    let has_empty = patterns.iter().any(|pattern| pattern.is_empty());
    let mut begins = [has_empty; 256];
    for first in patterns.iter().filter_map(|pattern| pattern.first()) {
        begins[usize::from(*first)] = true;
    }
    let mut at = 0;
    // Go one step beyond the end, because an empty pattern matches there too.
    while at <= text.len() {
        let rest = &text[at..];
        let plain = rest.iter().position(|byte| begins[usize::from(*byte)]).unwrap_or(rest.len());
        out.push(&rest[..plain]);
        at += plain;
        if at == text.len() && !has_empty {
            break;
        }
        match patterns.iter().position(|pattern| text[at..].starts_with(pattern)) {
            Some(index) => {
                let to = arguments::text(ev, to[index].get(), pos)?;
                ev.limits.reserve(2 * (out.bytes.len() + to.as_bytes().len()), span)?;
                out.push_str(&ev.heap, to);
                let length = patterns[index].len();
                if length == 0 {
                    out.push(text.get(at..at + 1).unwrap_or_default());
                    at += 1;
                } else {
                    at += length;
                }
            }
            None => {
                out.push(text.get(at..at + 1).unwrap_or_default());
                at += 1;
            }
        }
    }
    Ok(ev.heap.finish(&out))
}

fn string_length<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let length = coerced(ev, args[0], pos)?.as_bytes().len();
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn substring<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let Ok(start) = usize::try_from(arguments::int(ev, args[0], pos)?) else {
        return Err(ev.report.error(ev.report.word_span(pos), "negative start position in 'substring'"));
    };
    let length = arguments::int(ev, args[1], pos)?;
    let text = coerced(ev, args[2], pos)?;
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    // A negative length means the whole rest.
    let length = usize::try_from(length).map_or(rest.len(), |length| length.min(rest.len()));
    // Share the bytes with the original.
    Ok(Value::String(ev.heap.alloc(Str::with_context(&rest[..length], text.context()))))
}

fn to_string<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let value = ev.force(args[0])?;
    if let Value::String(_) = value {
        return Ok(value);
    }
    if let Value::Int(value) = value {
        return Ok(ev.heap.string(&value.to_string()));
    }
    let mut text = Text::default();
    let span = ev.report.word_span(pos);
    ev.coerce_to_string(value, Coercion::TO_STRING, &mut text, span)?;
    Ok(ev.heap.finish(&text))
}
