//! Errors, tracing and the order of evaluation.

use super::{EvalResult, Evaluator, Pos, Value, primops};
use crate::eval::operators::Coercion;
use crate::eval::text::Text;

primops! {
    "abort" 1 abort, "addErrorContext" 2 add_error_context, "break" 1 identity, "deepSeq" 2 deep_seq, "seq" 2 seq,
    "throw" 1 throw, "trace" 2 second, "traceVerbose" 2 second, "tryEval" 1 try_eval, "warn" 2 warn,
}

fn message<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, String> {
    let mut text = Text::default();
    let span = ev.word_span(pos);
    ev.coerce_to_string(value, Coercion::INTERPOLATION, &mut text, span)?;
    Ok(text.to_str_lossy().into_owned())
}

fn abort<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let message = message(ev, args[0], pos)?;
    Err(ev.error(ev.word_span(pos), &format!("evaluation aborted with the following error message: '{message}'")))
}

fn throw<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let message = message(ev, args[0], pos)?;
    Err(ev.catchable(ev.word_span(pos), &message))
}

fn add_error_context<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    match ev.force(args[1]) {
        Err(error) if error.unknown().is_none() => {
            let context = message(ev, args[0], pos)?;
            error.trace(ev.word_span(pos), &context);
            Err(error)
        }
        result => result,
    }
}

/// A warning is for whoever debugs with Nix itself; that it is a text is all that matters here.
fn warn<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    ev.text(args[0], pos)?;
    ev.force(args[1])
}

fn identity<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    ev.force(args[0])
}

/// What is traced is for whoever debugs with Nix itself; it is not evaluated here.
fn second<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    ev.force(args[1])
}

/// Whether the first argument would throw may be unknown; the second is what it is all the same.
fn seq<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    ev.force(args[0])?;
    ev.force(args[1])
}

fn deep_seq<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    force_deep(ev, args[0], &mut Vec::new())?;
    ev.force(args[1])
}

fn force_deep<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, seen: &mut Vec<*const ()>) -> EvalResult<'e, ()> {
    match ev.force(value)? {
        Value::List(list) if !seen.contains(&std::ptr::from_ref(list).cast()) => {
            seen.push(std::ptr::from_ref(list).cast());
            list.iter().try_for_each(|item| force_deep(ev, item, seen))
        }
        Value::Attrs(attrs) if !seen.contains(&std::ptr::from_ref(attrs).cast()) => {
            seen.push(std::ptr::from_ref(attrs).cast());
            attrs.iter().try_for_each(|(_, value, _)| force_deep(ev, value, seen))
        }
        _ => Ok(()),
    }
}

fn try_eval<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let (success, value) = match ev.force(args[0]) {
        // It may throw, or not.
        Ok(Value::Unknown(unknown)) => return Err(ev.unknown_error(unknown)),
        Ok(value) => (true, value),
        Err(error) if error.is_catchable() => (false, Value::Bool(false)),
        Err(error) => return Err(error),
    };
    Ok(ev.attrs([(ev.symbol("success"), Value::Bool(success), Pos::NONE), (ev.common.value, value, Pos::NONE)]))
}
