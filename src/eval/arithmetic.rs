//! Arithmetic: integers that do not overflow, and floats.

use super::error::{EvalError, EvalResult};
use super::evaluator::Evaluator;
use super::value::Value;
use crate::code::expr::Operator;
use crate::source::Span;

/// `a + b`, `a - b`, `a * b` or `a / b` of two numbers.
pub(super) fn arithmetic<'e>(
    ev: &Evaluator<'e>,
    operator: Operator,
    a: Value<'e>,
    b: Value<'e>,
    span: Span,
) -> EvalResult<'e, Value<'e>> {
    #[expect(clippy::cast_precision_loss, reason = "as Nix computes")]
    let (a, b) = match (a, b) {
        (Value::Int(a), Value::Int(b)) => return integers(ev, operator, a, b, span),
        (Value::Int(a), Value::Float(b)) => (a as f64, b),
        (Value::Float(a), Value::Int(b)) => (a, b as f64),
        (Value::Float(a), Value::Float(b)) => (a, b),
        (a, b) => {
            let is_number = |value| matches!(value, Value::Int(_) | Value::Float(_));
            let is_float = |value| matches!(value, Value::Float(_));
            // Nix checks the divisor for zero first.
            let divided = operator == Operator::Div;
            let wrong = if is_number(a) || (divided && !is_number(b)) { b } else { a };
            if divided && matches!(b, Value::Int(0) | Value::Float(0.0)) {
                return Err(ev.report.error(span, "division by zero"));
            }
            let floats = is_float(a) || is_float(b) || (divided && !is_number(b));
            let expected = if floats { "a float" } else { "an integer" };
            return Err(ev.report.type_error_at(&ev.heap, expected, wrong, span));
        }
    };
    Ok(Value::Float(match operator {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mul => a * b,
        _ if b == 0.0 => return Err(ev.report.error(span, "division by zero")),
        _ => a / b,
    }))
}

/// [`arithmetic`] of two integers; fails if the result overflows.
pub(super) fn integers<'e>(
    ev: &Evaluator<'e>,
    operator: Operator,
    a: i64,
    b: i64,
    span: Span,
) -> EvalResult<'e, Value<'e>> {
    let result = match operator {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mul => a.checked_mul(b),
        _ if b == 0 => return Err(ev.report.error(span, "division by zero")),
        _ => a.checked_div(b),
    };
    result.map(Value::Int).ok_or_else(|| {
        let doing = match operator {
            Operator::Add => format!("adding {a} + {b}"),
            Operator::Sub => format!("subtracting {a} - {b}"),
            Operator::Mul => format!("multiplying {a} * {b}"),
            _ => format!("dividing {a} / {b}"),
        };
        ev.report.error(span, &format!("integer overflow in {doing}"))
    })
}

/// The error of adding something else to a number.
#[cold]
pub(super) fn cannot_add<'e>(ev: &Evaluator<'e>, a: Value<'e>, b: Value<'e>, span: Span) -> EvalError<'e> {
    ev.report.error(span, &format!("cannot add {} to {}", b.type_name(), a.type_name()))
}
