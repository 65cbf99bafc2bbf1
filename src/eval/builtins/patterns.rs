//! Regular expressions.

use std::rc::Rc;

use super::arguments;
use super::declare::primops;
use crate::eval::error::{EvalError, EvalResult};
use crate::eval::evaluator::Evaluator;
use crate::eval::heap::Heap;
use crate::eval::regex::{PatternError, Regex, Span, TooMany};
use crate::eval::value::Value;
use crate::source::Pos;

primops! {
    prefixed "match" (pattern: strict, text: lazy) => match_;
    prefixed "split" (pattern: strict, text: lazy) => split;
}

/// The compiled pattern.
fn compiled<'e>(ev: &mut Evaluator<'e>, pattern: Value<'e>, pos: Pos) -> EvalResult<'e, Rc<Regex>> {
    let text = arguments::plain_text(ev, pattern, pos)?;
    ev.patterns.compiled(text.as_bytes()).map_err(|error| {
        let what = match error {
            PatternError::Invalid => "invalid regular expression",
            PatternError::TooLarge => "memory limit exceeded by regular expression",
        };
        ev.report.error(ev.report.word_span(pos), &format!("{what} '{}'", text.to_str_lossy()))
    })
}

#[cold]
fn too_many<'e>(ev: &mut Evaluator<'e>, pattern: Value<'e>, pos: Pos) -> EvalError<'e> {
    match arguments::text(ev, pattern, pos) {
        Ok(text) => {
            let message = format!("memory limit exceeded by regular expression '{}'", text.to_str_lossy());
            ev.report.error(ev.report.word_span(pos), &message)
        }
        Err(error) => error,
    }
}

/// The groups of a match: strings, and null for those that did not take part.
fn matched<'e>(heap: &Heap<'e>, text: &'e [u8], groups: &[Span]) -> Value<'e> {
    heap.list(groups.iter().skip(1).map(|group| match group {
        Some((start, end)) => heap.str_in_arena(&text[*start..*end]),
        None => Value::Null,
    }))
}

fn match_<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let regex = compiled(ev, args[0], pos)?;
    let text = arguments::text(ev, args[1], pos)?.as_bytes();
    let found = regex.match_whole(text).map_err(|TooMany| too_many(ev, args[0], pos))?;
    Ok(found.map_or(Value::Null, |groups| matched(&ev.heap, text, &groups)))
}

fn split<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let regex = compiled(ev, args[0], pos)?;
    let whole = arguments::text(ev, args[1], pos)?;
    let text = whole.as_bytes();
    let mut parts = Vec::new();
    let mut rest = 0;
    for groups in regex.matches(text) {
        let groups = groups.map_err(|TooMany| too_many(ev, args[0], pos))?;
        let Some((start, end)) = groups[0] else { continue };
        parts.push(ev.heap.str_in_arena(&text[rest..start]));
        parts.push(matched(&ev.heap, text, &groups));
        rest = end;
    }
    // A text without a match keeps its context and its cell.
    parts.push(if parts.is_empty() { Value::String(whole) } else { ev.heap.str_in_arena(&text[rest..]) });
    Ok(ev.heap.list(parts))
}
