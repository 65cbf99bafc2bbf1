//! Explains a failed assertion: shows its condition, and how two values differ that should be equal.

use super::error::{EvalError, EvalResult};
use super::evaluator::Evaluator;
use super::expression::show;
use super::value::{Attrs, Frame, Value};
use crate::code::expr::{Expr, NodeRef, Operator};
use crate::source::Span;
use crate::syntax::quote;

/// The error of an assertion whose condition is false.
#[cold]
pub(super) fn failed_assertion<'e>(
    ev: &mut Evaluator<'e>,
    condition: NodeRef<'e>,
    frame: &Frame<'_, 'e>,
    span: Span,
) -> EvalError<'e> {
    let text = show(condition, &ev.heap.symbols, ev.report.sources);
    if let Expr::Binary(Operator::Equal, left, right) = &condition.expr
        && let Err(error) = explain_nodes(ev, left, right, frame, condition.span)
    {
        let text = format!("while evaluating the condition of the assertion '{text}'");
        error.trace(span, || text);
        return error;
    }
    ev.report.catchable(condition.span, &format!("assertion '{text}' failed"))
}

fn explain_nodes<'e>(
    ev: &mut Evaluator<'e>,
    left: NodeRef<'e>,
    right: NodeRef<'e>,
    frame: &Frame<'_, 'e>,
    span: Span,
) -> EvalResult<'e, ()> {
    let left = ev.eval(left, frame)?.get();
    let right = ev.eval(right, frame)?.get();
    explain_difference(ev, left, right, span)
}

/// Fails if two values differ, and says how; compares them in the order of `==`.
fn explain_difference<'e>(
    ev: &mut Evaluator<'e>,
    left: Value<'e>,
    right: Value<'e>,
    span: Span,
) -> EvalResult<'e, ()> {
    let (left, right) = (ev.force(left)?, ev.force(right)?);
    let differ = |ev: &Evaluator<'e>, what: &str, and: &str| {
        let (a, b) = (ev.report.show(&ev.heap, left), ev.report.show(&ev.heap, right));
        Err(ev.report.catchable(span, &format!("{what} '{a}' is not equal to {and} '{b}'")))
    };
    match (left, right) {
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            if ev.equal(left, right)?.is_ok_and(|equal| equal) {
                return Ok(());
            }
            let sorts = [left, right].map(|value| format!("{} with value", value.type_name()));
            differ(ev, &sorts[0], &sorts[1])
        }
        (Value::Null, Value::Null) => Ok(()),
        (Value::Bool(a), Value::Bool(b)) if a == b => Ok(()),
        (Value::Bool(_), Value::Bool(_)) => differ(ev, "boolean", "boolean"),
        (Value::String(a), Value::String(b)) if a.as_bytes() == b.as_bytes() => Ok(()),
        (Value::String(_), Value::String(_)) => differ(ev, "string", "string"),
        (Value::Path(a), Value::Path(b)) if a.as_bytes() == b.as_bytes() => Ok(()),
        (Value::Path(_), Value::Path(_)) => differ(ev, "path", "path"),
        (Value::List(a), Value::List(b)) => {
            let (a_items, b_items) = (a.items(), b.items());
            if a_items.len() != b_items.len() {
                let sizes =
                    format!("list of size '{}' is not equal to list of size '{}'", a_items.len(), b_items.len());
                let sides = format!(
                    "left hand side is '{}', right hand side is '{}'",
                    ev.report.show(&ev.heap, left),
                    ev.report.show(&ev.heap, right)
                );
                return Err(ev.report.catchable(span, &format!("{sizes}, {sides}")));
            }
            for (index, (a, b)) in a_items.iter().zip(b_items).enumerate() {
                explain_part(ev, a.get(), b.get(), span, || format!("while comparing list element {index}"))?;
            }
            Ok(())
        }
        (Value::Attrs(a), Value::Attrs(b)) => explain_sets(ev, a, b, span),
        (Value::Lambda(_) | Value::Primop(_), Value::Lambda(_) | Value::Primop(_)) => {
            let what = "distinct functions and immediate comparisons of identical functions compare as unequal";
            Err(ev.report.catchable(span, what))
        }
        (left, right) => {
            let sorts = [left, right].map(|value| format!("{} of value", value.type_name()));
            differ(ev, &sorts[0], &sorts[1])
        }
    }
}

fn explain_sets<'e>(ev: &mut Evaluator<'e>, a: &'e Attrs<'e>, b: &'e Attrs<'e>, span: Span) -> EvalResult<'e, ()> {
    if std::ptr::eq(a, b) {
        return Ok(());
    }
    if ev.is_derivation(a)?
        && ev.is_derivation(b)?
        && let (Some(a), Some(b)) = (a.get(ev.heap.common.out_path), b.get(ev.heap.common.out_path))
    {
        let what = || String::from("while comparing a derivation by its 'outPath' attribute");
        return explain_part(ev, a, b, span, what);
    }
    let (left, right) = (ev.report.show(&ev.heap, Value::Attrs(a)), ev.report.show(&ev.heap, Value::Attrs(b)));
    if a.count() != b.count() {
        let message = format!("attribute names of attribute set '{left}' differs from attribute set '{right}'");
        return Err(ev.report.catchable(span, &message));
    }
    for (in_a, in_b) in a.entries().zip(b.entries()) {
        let (name, other) = (quote(ev.heap.name(in_a.name)), quote(ev.heap.name(in_b.name)));
        if in_a.name != in_b.name {
            let message = match b.get(in_a.name) {
                None => format!("attribute name '{name}' is contained in '{left}', but not in '{right}'"),
                Some(_) => {
                    format!("attribute name '{other}' is missing in '{left}', but is contained in '{right}'")
                }
            };
            return Err(ev.report.catchable(span, &message));
        }
        explain_part(ev, in_a.value.get(), in_b.value.get(), span, || {
            format!("while comparing attribute '{name}'")
        })?;
    }
    Ok(())
}

fn explain_part<'e>(
    ev: &mut Evaluator<'e>,
    a: Value<'e>,
    b: Value<'e>,
    span: Span,
    what: impl FnOnce() -> String,
) -> EvalResult<'e, ()> {
    if super::operators::same_cell(a, b) {
        return Ok(());
    }
    let result = ev.deeper(span, |ev| explain_difference(ev, a, b, span));
    result.inspect_err(|error| error.trace(span, what))
}
