//! Explains a failed assertion: shows its condition, and how two values differ that should be equal.

use super::error::{EvalError, EvalResult};
use super::evaluator::Evaluator;
use super::expression::show;
use super::value::{Attrs, Frame, Value};
use crate::code::expr::{Expr, NodeRef, Operator};
use crate::source::Span;
use crate::syntax::quote;

impl<'e> Evaluator<'e> {
    /// The error of an assertion whose condition is false.
    #[cold]
    pub(super) fn failed_assertion(
        &mut self,
        condition: NodeRef<'e>,
        frame: &Frame<'_, 'e>,
        span: Span,
    ) -> EvalError<'e> {
        let text = show(condition, &self.heap.symbols, self.report.sources);
        if let Expr::Binary(Operator::Equal, left, right) = &condition.expr
            && let Err(error) = self.explain_nodes(left, right, frame, condition.span)
        {
            let text = format!("while evaluating the condition of the assertion '{text}'");
            error.trace(span, || text);
            return error;
        }
        self.report.catchable(condition.span, &format!("assertion '{text}' failed"))
    }

    fn explain_nodes(
        &mut self,
        left: NodeRef<'e>,
        right: NodeRef<'e>,
        frame: &Frame<'_, 'e>,
        span: Span,
    ) -> EvalResult<'e, ()> {
        let left = self.eval(left, frame)?.get();
        let right = self.eval(right, frame)?.get();
        self.explain_difference(left, right, span)
    }

    /// Fails if two values differ, and says how; compares them in the order of `==`.
    fn explain_difference(&mut self, left: Value<'e>, right: Value<'e>, span: Span) -> EvalResult<'e, ()> {
        let (left, right) = (self.force(left)?, self.force(right)?);
        let differ = |ev: &Self, what: &str, and: &str| {
            let (a, b) = (ev.show(left), ev.show(right));
            Err(ev.report.catchable(span, &format!("{what} '{a}' is not equal to {and} '{b}'")))
        };
        match (left, right) {
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
                if self.equal(left, right)?.is_ok_and(|equal| equal) {
                    return Ok(());
                }
                let sorts = [left, right].map(|value| format!("{} with value", self.type_in_words(value)));
                differ(self, &sorts[0], &sorts[1])
            }
            (Value::Null, Value::Null) => Ok(()),
            (Value::Bool(a), Value::Bool(b)) if a == b => Ok(()),
            (Value::Bool(_), Value::Bool(_)) => differ(self, "boolean", "boolean"),
            (Value::String(a), Value::String(b)) if a.as_bytes() == b.as_bytes() => Ok(()),
            (Value::String(_), Value::String(_)) => differ(self, "string", "string"),
            (Value::Path(a), Value::Path(b)) if a.as_bytes() == b.as_bytes() => Ok(()),
            (Value::Path(_), Value::Path(_)) => differ(self, "path", "path"),
            (Value::List(a), Value::List(b)) => {
                let (a_items, b_items) = (a.items(), b.items());
                if a_items.len() != b_items.len() {
                    let sizes = format!(
                        "list of size '{}' is not equal to list of size '{}'",
                        a_items.len(),
                        b_items.len()
                    );
                    let sides = format!(
                        "left hand side is '{}', right hand side is '{}'",
                        self.show(left),
                        self.show(right)
                    );
                    return Err(self.report.catchable(span, &format!("{sizes}, {sides}")));
                }
                for (index, (a, b)) in a_items.iter().zip(b_items).enumerate() {
                    self.explain_part(a.get(), b.get(), span, || format!("while comparing list element {index}"))?;
                }
                Ok(())
            }
            (Value::Attrs(a), Value::Attrs(b)) => self.explain_sets(a, b, span),
            (Value::Lambda(_) | Value::Primop(_), Value::Lambda(_) | Value::Primop(_)) => {
                let what = "distinct functions and immediate comparisons of identical functions compare as unequal";
                Err(self.report.catchable(span, what))
            }
            (left, right) => {
                let sorts = [left, right].map(|value| format!("{} of value", self.type_in_words(value)));
                differ(self, &sorts[0], &sorts[1])
            }
        }
    }

    fn explain_sets(&mut self, a: &'e Attrs<'e>, b: &'e Attrs<'e>, span: Span) -> EvalResult<'e, ()> {
        if std::ptr::eq(a, b) {
            return Ok(());
        }
        if self.is_derivation(a)?
            && self.is_derivation(b)?
            && let (Some(a), Some(b)) = (a.get(self.heap.common.out_path), b.get(self.heap.common.out_path))
        {
            let what = || String::from("while comparing a derivation by its 'outPath' attribute");
            return self.explain_part(a, b, span, what);
        }
        let (left, right) = (self.show(Value::Attrs(a)), self.show(Value::Attrs(b)));
        if a.count() != b.count() {
            let message = format!("attribute names of attribute set '{left}' differs from attribute set '{right}'");
            return Err(self.report.catchable(span, &message));
        }
        for (in_a, in_b) in a.entries().zip(b.entries()) {
            let (name, other) = (quote(self.heap.name(in_a.name)), quote(self.heap.name(in_b.name)));
            if in_a.name != in_b.name {
                let message = match b.get(in_a.name) {
                    None => format!("attribute name '{name}' is contained in '{left}', but not in '{right}'"),
                    Some(_) => {
                        format!("attribute name '{other}' is missing in '{left}', but is contained in '{right}'")
                    }
                };
                return Err(self.report.catchable(span, &message));
            }
            self.explain_part(in_a.value.get(), in_b.value.get(), span, || {
                format!("while comparing attribute '{name}'")
            })?;
        }
        Ok(())
    }

    fn explain_part(
        &mut self,
        a: Value<'e>,
        b: Value<'e>,
        span: Span,
        what: impl FnOnce() -> String,
    ) -> EvalResult<'e, ()> {
        if super::operators::same_cell(a, b) {
            return Ok(());
        }
        let result = self.deeper(span, |ev| ev.explain_difference(a, b, span));
        result.inspect_err(|error| error.trace(span, what))
    }
}
