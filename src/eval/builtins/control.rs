//! Errors, tracing, and the order of evaluation.

use super::{EvalResult, Evaluator, Pos, Value, primops};
use crate::eval::operators::Coercion;
use crate::eval::text::Text;

primops! {
    "abort" 1 abort, "addErrorContext" 2 add_error_context, "break" 1 identity, "deepSeq" 2 deep_seq, "seq" 2 seq,
    "throw" 1 throw, "trace" 2 trace, "traceVerbose" 2 second, "tryEval" 1 try_eval, "warn" 2 warn,
}

fn message<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, String> {
    let mut text = Text::default();
    let span = ev.word_span(pos);
    ev.coerce_to_string(value, Coercion::INTERPOLATION, &mut text, span)?;
    Ok(text.to_str_lossy().into_owned())
}

/// The message of an error that ends the evaluation even if the message is unknown.
fn final_message<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, String> {
    match message(ev, value, pos) {
        Err(error) => match error.unknown() {
            Some(unknown) => Ok(format!("(message unknown: {})", unknown.reason())),
            None => Err(error),
        },
        message => message,
    }
}

fn abort<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let message = final_message(ev, args[0], pos)?;
    let message = format!("evaluation aborted with the following error message: '{message}'");
    Err(ev.aborted(ev.word_span(pos), &message))
}

fn throw<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let message = final_message(ev, args[0], pos)?;
    Err(ev.catchable(ev.word_span(pos), &message))
}

fn add_error_context<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    match ev.force(args[1]) {
        Err(error) if error.unknown().is_none() => {
            let context = message(ev, args[0], pos)?;
            error.trace(ev.word_span(pos), || context);
            Err(error)
        }
        result => result,
    }
}

fn trace<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let traced = ev.force(args[0])?;
    if let Some(log) = ev.settings.log.filter(|_| ev.guessing == 0) {
        log(&match traced {
            Value::String(text) => format!("trace: {}", text.to_str_lossy()),
            other => format!("trace: {}", ev.show(other)),
        });
    }
    ev.force(args[1])
}

fn warn<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let text = ev.text(args[0], pos)?;
    if let Some(log) = ev.settings.log.filter(|_| ev.guessing == 0) {
        log(&format!("evaluation warning: {}", text.to_str_lossy()));
    }
    ev.force(args[1])
}

fn identity<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    ev.force(args[0])
}

/// `traceVerbose`, which prints only with Nix's `trace-verbose`.
fn second<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    ev.force(args[1])
}

/// If it is unknown whether the first argument throws, assume it does not: the result is the second one either way.
fn seq<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    ev.force(args[0])?;
    ev.force(args[1])
}

fn deep_seq<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    ev.force_deep(args[0])?;
    ev.force(args[1])
}

fn try_eval<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let (success, value) = match ev.force(args[0]) {
        Ok(Value::Unknown(unknown)) if unknown.is_absent() => (false, Value::Bool(false)),
        // Whether it throws is unknown.
        Ok(Value::Unknown(unknown)) => return Err(ev.unknown_error(unknown)),
        Ok(value) => (true, value),
        Err(error) if error.is_caught() => (false, Value::Bool(false)),
        Err(error) => return Err(error),
    };
    Ok(ev.attrs([(ev.symbol("success"), Value::Bool(success), Pos::NONE), (ev.common.value, value, Pos::NONE)]))
}
