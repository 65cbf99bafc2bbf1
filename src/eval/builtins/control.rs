//! Errors, tracing, and the order of evaluation.

use super::arguments;
use super::declare::primops;
use crate::eval::coerce::Coercion;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::print::force_deep;
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::source::Pos;

primops! {
    global "abort" (message: strict) => abort;
    prefixed "addErrorContext" (message: lazy, value: lazy) => add_error_context;
    global "break" (value: lazy) => identity;
    prefixed "deepSeq" (first: lazy, second: lazy) => deep_seq;
    prefixed "seq" (first: strict, second: strict) => seq;
    global "throw" (message: strict) => throw;
    prefixed "trace" (message: strict, value: lazy) => trace;
    prefixed "traceVerbose" (message: lazy, value: lazy) => second;
    prefixed "tryEval" (value: lazy) => try_eval;
    prefixed "warn" (message: lazy, value: lazy) => warn;
}

fn message<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, String> {
    let mut text = Text::default();
    let span = ev.report.word_span(pos);
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
    Err(ev.report.aborted(ev.report.word_span(pos), &message))
}

fn throw<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let message = final_message(ev, args[0], pos)?;
    Err(ev.report.catchable(ev.report.word_span(pos), &message))
}

fn add_error_context<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    match ev.force(args[1]) {
        Err(error) if error.unknown().is_none() => {
            let context = message(ev, args[0], pos)?;
            error.trace(ev.report.word_span(pos), || context);
            Err(error)
        }
        result => result,
    }
}

fn trace<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let traced = ev.force(args[0])?;
    if let Some(log) = ev.settings.log.filter(|_| !ev.speculation.is_running()) {
        log(&match traced {
            Value::String(text) => format!("trace: {}", text.to_str_lossy()),
            other => format!("trace: {}", ev.report.show(&ev.heap, other)),
        });
    }
    ev.force(args[1])
}

fn warn<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let text = arguments::text(ev, args[0], pos)?;
    if let Some(log) = ev.settings.log.filter(|_| !ev.speculation.is_running()) {
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
    force_deep(ev, args[0])?;
    ev.force(args[1])
}

fn try_eval<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], _: Pos) -> EvalResult<'e, Value<'e>> {
    let (success, value) = match ev.force(args[0]) {
        Ok(Value::Unknown(unknown)) if unknown.is_absent() => (false, Value::Bool(false)),
        // Whether it throws is unknown.
        Ok(Value::Unknown(unknown)) => return Err(ev.report.unknown_error(unknown)),
        Ok(value) => (true, value),
        Err(error) if error.is_caught() => (false, Value::Bool(false)),
        Err(error) => return Err(error),
    };
    Ok(ev.heap.attrs([
        (ev.heap.symbol("success"), Value::Bool(success), Pos::NONE),
        (ev.heap.common.value, value, Pos::NONE),
    ]))
}
