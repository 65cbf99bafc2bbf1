//! Built-in functions on numbers.

use super::arguments;
use super::declare::primops;
use crate::code::expr::Operator;
use crate::eval::arithmetic::arithmetic;
use crate::eval::error::{EvalError, EvalResult};
use crate::eval::evaluator::Evaluator;
use crate::eval::print::float;
use crate::eval::value::Value;
use crate::source::{Pos, Span};

primops! {
    prefixed "add" (a: strict, b: strict) => add;
    prefixed "sub" (a: strict, b: strict) => sub;
    prefixed "mul" (a: strict, b: strict) => mul;
    prefixed "div" (a: strict, b: strict) => div;
    prefixed "lessThan" (a: strict, b: strict) => less_than;
    prefixed "bitAnd" (a: strict, b: lazy) => bit_and;
    prefixed "bitOr" (a: strict, b: lazy) => bit_or;
    prefixed "bitXor" (a: strict, b: lazy) => bit_xor;
    prefixed "ceil" (number: strict) => ceil;
    prefixed "floor" (number: strict) => floor;
}

macro_rules! arithmetic {
    ($($name:ident $operator:ident),*) => {
        $(fn $name<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
            let (a, b) = (ev.force(args[0])?, ev.force(args[1])?);
            arithmetic(ev, Operator::$operator, a, b, Span::at(pos))
        })*
    };
}

arithmetic! { add Add, sub Sub, mul Mul, div Div }

fn less_than<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    Ok(Value::Bool(ev.compare(args[0], args[1], Span::at(pos))?.is_some_and(std::cmp::Ordering::is_lt)))
}

fn bit_and<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    Ok(Value::Int(arguments::int(ev, args[0], pos)? & arguments::int(ev, args[1], pos)?))
}

fn bit_or<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    Ok(Value::Int(arguments::int(ev, args[0], pos)? | arguments::int(ev, args[1], pos)?))
}

fn bit_xor<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    Ok(Value::Int(arguments::int(ev, args[0], pos)? ^ arguments::int(ev, args[1], pos)?))
}

fn ceil<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    round(ev, args[0], pos, f64::ceil)
}

fn floor<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    round(ev, args[0], pos, f64::floor)
}

fn round<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos, how: fn(f64) -> f64) -> EvalResult<'e, Value<'e>> {
    // Integers are converted to floats first, and may lose digits.
    let value = ev.force(value)?;
    let rounded = match value {
        #[expect(clippy::cast_precision_loss, reason = "as Nix rounds them")]
        Value::Int(value) => how(value as f64),
        Value::Float(value) => how(value),
        other => return Err(ev.report.type_error(&ev.heap, "a float", other, pos)),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is checked")]
    if rounded >= i64::MIN as f64 && rounded < i64::MAX as f64 {
        let rounded = rounded as i64;
        return match value {
            Value::Int(value) if value != rounded => {
                let what = format!(
                    "a loss of precision occurred in previous Nix versions because the NixInt argument {value} was \
                     rounded to {rounded}."
                );
                Err(old_defect(ev, &what, pos))
            }
            _ => Ok(Value::Int(rounded)),
        };
    }
    Err(match value {
        Value::Int(value) => {
            let what = format!("the NixInt argument {value} caused undefined behavior in previous Nix versions.");
            old_defect(ev, &what, pos)
        }
        _ => {
            let message = format!("NixFloat argument {} is not in the range of NixInt", float(rounded));
            ev.report.error(ev.report.word_span(pos), &message)
        }
    })
}

/// The error for integers that older versions of Nix rounded incorrectly.
#[cold]
fn old_defect<'e>(ev: &Evaluator<'e>, what: &str, pos: Pos) -> EvalError<'e> {
    let message = format!("Due to a bug (see https://github.com/NixOS/nix/issues/12899) {what}");
    ev.report.error(ev.report.word_span(pos), &message)
}
