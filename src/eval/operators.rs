//! Operators, equality and ordering.

use std::cmp::Ordering;

use super::arithmetic::{arithmetic, cannot_add, integers};
use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::value::{Frame, TaggedValue, Unknown, Value};
use super::value::{Item, settle};
use crate::code::expr::{NodeRef, Operator};
use crate::source::Span;

impl<'e> Evaluator<'e> {
    pub(super) fn binary(
        &mut self,
        operator: Operator,
        left: NodeRef<'e>,
        right: NodeRef<'e>,
        frame: &Frame<'_, 'e>,
        span: Span,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let value = match operator {
            Operator::And => self.logical(left, right, frame, (false, false))?,
            Operator::Or => self.logical(left, right, frame, (true, true))?,
            Operator::Implies => self.logical(left, right, frame, (false, true))?,
            Operator::Update => {
                // Like Nix, evaluate and check the right side before the left one.
                let winning = self.eval_set_or_unknown(right, frame, span)?;
                let base = self.eval_set_or_unknown(left, frame, span)?;
                self.update(base, winning, span)?
            }
            Operator::Concat => {
                // Nix evaluates both before it checks either.
                let (a, b) = (self.eval_or_unknown(left, frame)?, self.eval_or_unknown(right, frame)?);
                let (a, b) = match (list_part(self, a, left.span)?, list_part(self, b, right.span)?) {
                    (Value::List(a), Value::List(b)) => (a.items(), b.items()),
                    (a, b) => return concat_partial(self, a, b).map(|list| self.heap.pack(list)),
                };
                if a.is_empty() || b.is_empty() {
                    return Ok(self.heap.pack(self.heap.list_of(if a.is_empty() { b } else { a })));
                }
                self.limits.reserve((a.len() + b.len()) * size_of::<TaggedValue<'_>>(), span)?;
                let mut items = a.iter().chain(b).copied();
                let items = self
                    .heap
                    .bump
                    .alloc_slice_fill_with(a.len() + b.len(), |_| items.next().expect("as many as both have"));
                self.heap.list_of(items)
            }
            Operator::Equal | Operator::NotEqual => {
                let left = self.eval(left, frame)?.get();
                let right = self.eval(right, frame)?.get();
                let equal = match (left, right) {
                    (Value::Int(left), Value::Int(right)) => left == right,
                    (Value::Bool(left), Value::Bool(right)) => left == right,
                    (Value::String(left), Value::String(right)) => left.as_bytes() == right.as_bytes(),
                    (left, right) => {
                        self.equal(left, right)?.map_err(|unknown| self.report.unknown_error(unknown))?
                    }
                };
                Value::Bool(equal == (operator == Operator::Equal))
            }
            Operator::Less => self.compare_nodes(left, right, frame, span, Ordering::is_lt)?,
            Operator::LessOrEqual => self.compare_nodes(right, left, frame, span, Ordering::is_ge)?,
            Operator::More => self.compare_nodes(right, left, frame, span, Ordering::is_lt)?,
            Operator::MoreOrEqual => self.compare_nodes(left, right, frame, span, Ordering::is_ge)?,
            Operator::Add => {
                let a = self.eval(left, frame)?.get();
                match a {
                    Value::Int(_) | Value::Float(_) => {
                        let b = self.eval(right, frame)?.get();
                        if !matches!(b, Value::Int(_) | Value::Float(_) | Value::Unknown(_)) {
                            return Err(cannot_add(self, a, b, right.span));
                        }
                        arithmetic(self, Operator::Add, a, b, span)?
                    }
                    a => self.append(a, left.span, right, frame)?,
                }
            }
            Operator::Sub | Operator::Mul | Operator::Div => {
                let a = self.eval(left, frame)?.get();
                let b = self.eval(right, frame)?.get();
                arithmetic(self, operator, a, b, span)?
            }
        };
        Ok(self.heap.pack(value))
    }

    /// Evaluates to a value, or to the unknown value in its place.
    fn eval_or_unknown(&mut self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, Value<'e>> {
        match self.eval(node, frame) {
            Ok(value) => Ok(value.get()),
            Err(error) => settle(Err(error)),
        }
    }

    /// Evaluates to a set, or to the unknown value in its place.
    fn eval_set_or_unknown(
        &mut self,
        node: NodeRef<'e>,
        frame: &Frame<'_, 'e>,
        span: Span,
    ) -> EvalResult<'e, Value<'e>> {
        match self.eval_or_unknown(node, frame)? {
            value @ (Value::Attrs(_) | Value::Unknown(_)) => Ok(value),
            other => Err(self.report.type_error_at(&self.heap, "a set", other, span)),
        }
    }

    /// `&&`, `||` and `->`: if the left side is `stops`, the result is `decided`. If the right side is `decided`, so
    /// is the result, even if the left side is unknown.
    fn logical(
        &mut self,
        left: NodeRef<'e>,
        right: NodeRef<'e>,
        frame: &Frame<'_, 'e>,
        (stops, decided): (bool, bool),
    ) -> EvalResult<'e, Value<'e>> {
        match self.decided(left, frame)? {
            Ok(value) if value == stops => Ok(Value::Bool(decided)),
            Ok(_) => Ok(Value::Bool(self.eval_bool(right, frame)?)),
            Err(why) => match self.guess(why, |ev| ev.eval_bool(right, frame)) {
                Ok(value) if value == decided => Ok(Value::Bool(decided)),
                _ => Err(self.report.unknown_error(why)),
            },
        }
    }

    /// Like Nix, computes `a <= b` as `!(b < a)`: all four operators use one ordering, with the operands evaluated in
    /// the same order.
    fn compare_nodes(
        &mut self,
        left: NodeRef<'e>,
        right: NodeRef<'e>,
        frame: &Frame<'_, 'e>,
        span: Span,
        holds: fn(Ordering) -> bool,
    ) -> EvalResult<'e, Value<'e>> {
        let left = self.eval(left, frame)?.get();
        let right = self.eval(right, frame)?.get();
        if let (Value::Int(left), Value::Int(right)) = (left, right) {
            return Ok(Value::Bool(holds(left.cmp(&right))));
        }
        // NaN is not less than anything.
        let ordering = self.compare(left, right, span)?.unwrap_or(Ordering::Greater);
        Ok(Value::Bool(holds(ordering)))
    }

    /// Compares two values; `None` if one is NaN.
    pub(super) fn compare(&mut self, a: Value<'e>, b: Value<'e>, span: Span) -> EvalResult<'e, Option<Ordering>> {
        let (a, b) = (self.force(a)?, self.force(b)?);
        Ok(match (a, b) {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
            (Value::Float(a), Value::Float(b)) => a.partial_cmp(&b),
            #[expect(clippy::cast_precision_loss, reason = "as Nix compares them")]
            (Value::Int(a), Value::Float(b)) => (a as f64).partial_cmp(&b),
            #[expect(clippy::cast_precision_loss, reason = "as Nix compares them")]
            (Value::Float(a), Value::Int(b)) => a.partial_cmp(&(b as f64)),
            (Value::String(a), Value::String(b)) | (Value::Path(a), Value::Path(b)) => {
                Some(a.as_bytes().cmp(b.as_bytes()))
            }
            (Value::List(a), Value::List(b)) => {
                for (a, b) in a.iter().zip(b.iter()) {
                    if self.is_same(a, b)? {
                        continue;
                    }
                    if !self.equal(a, b)?.map_err(|unknown| self.report.unknown_error(unknown))? {
                        return self.deeper(span, |ev| ev.compare(a, b, span));
                    }
                }
                Some(a.items().len().cmp(&b.items().len()))
            }
            (Value::Unknown(unknown), _) | (_, Value::Unknown(unknown)) => {
                return Err(self.report.unknown_error(unknown));
            }
            (a, b) => {
                let (sorts, shown) =
                    ([a, b].map(|v| v.type_name()), [a, b].map(|v| self.report.show(&self.heap, v)));
                let (kind, values) = (sorts.join(" with "), shown.join(" and "));
                let message = match sorts[0] == sorts[1] {
                    true => {
                        format!("cannot compare {kind}; values of that type are incomparable (values are {values})")
                    }
                    false => format!("cannot compare {kind}; values are {values}"),
                };
                return Err(self.report.error(span, &message));
            }
        })
    }

    /// Whether two values are equal; an unknown value if that decides it.
    ///
    /// # Errors
    ///
    /// Fails if the evaluation of a compared part does.
    pub fn equal(&mut self, a: Value<'e>, b: Value<'e>) -> EvalResult<'e, Result<bool, &'e Unknown>> {
        let (a, b) = (self.force(a)?, self.force(b)?);
        Ok(Ok(match (a, b) {
            (Value::Unknown(unknown), _) | (_, Value::Unknown(unknown)) => return Ok(Err(unknown)),
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b,
            #[expect(clippy::cast_precision_loss, reason = "as Nix compares them")]
            (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => a as f64 == b,
            (Value::String(a), Value::String(b)) | (Value::Path(a), Value::Path(b)) => a.as_bytes() == b.as_bytes(),
            (Value::List(a), Value::List(b)) => {
                if std::ptr::eq(a, b) {
                    a.iter().try_for_each(|item| self.force(item).map(drop))?;
                    return Ok(Ok(true));
                }
                if a.items().len() != b.items().len() {
                    return Ok(Ok(false));
                }
                return self.all_equal(a.iter().zip(b.iter()));
            }
            (Value::Attrs(a), Value::Attrs(b)) => {
                if std::ptr::eq(a, b) {
                    return self.force_compared(a).map(Ok);
                }
                if self.is_derivation(a)? && self.is_derivation(b)? {
                    let paths = (a.get(self.heap.common.out_path), b.get(self.heap.common.out_path));
                    if let (Some(a), Some(b)) = paths {
                        return self.deeper(Span::NONE, |ev| ev.equal(a, b));
                    }
                }
                if let Some(unknown) = a.rest().or(b.rest()) {
                    return Ok(Err(unknown));
                }
                let (keys, others) = (a.shape().keys(), b.shape().keys());
                if keys.len() != others.len() {
                    return Ok(Ok(false));
                }
                // Like Nix, compare the values that precede the first differing name.
                let alike = keys.iter().zip(others).take_while(|(a, b)| a.name == b.name).count();
                let pairs = a.values().iter().zip(b.values()).map(|(a, b)| (a.get(), b.get()));
                let equal = self.all_equal(pairs.take(alike))?;
                return Ok(if alike == keys.len() { equal } else { Ok(false) });
            }
            // Functions are equal only if they share a cell, which `all_equal` checks.
            _ => false,
        }))
    }

    /// Evaluates what Nix would if a set is compared with itself: all values, or only the path of a derivation.
    fn force_compared(&mut self, attrs: &'e super::value::Attrs<'e>) -> EvalResult<'e, bool> {
        match attrs.get(self.heap.common.out_path) {
            Some(path) if self.is_derivation(attrs)? => self.force(path).map(drop)?,
            _ => attrs.iter().try_for_each(|(_, value, _)| self.force(value).map(drop))?,
        }
        Ok(true)
    }

    /// Compares pairs of values. A pair known to differ outweighs unknown pairs.
    fn all_equal(
        &mut self,
        pairs: impl Iterator<Item = (Value<'e>, Value<'e>)>,
    ) -> EvalResult<'e, Result<bool, &'e Unknown>> {
        let mut optional = Ok(true);
        for (a, b) in pairs {
            if self.is_same(a, b)? {
                continue;
            }
            match self.deeper(Span::NONE, |ev| ev.equal(a, b))? {
                Ok(true) => {}
                Ok(false) => return Ok(Ok(false)),
                Err(unknown) => optional = Err(unknown),
            }
        }
        Ok(optional)
    }

    /// Whether two values are the same cell. Nix evaluates both first, so this does too.
    pub(super) fn is_same(&mut self, a: Value<'e>, b: Value<'e>) -> EvalResult<'e, bool> {
        let same = same_cell(a, b);
        if same {
            self.force(a)?;
        }
        Ok(same)
    }

    pub(super) fn is_derivation(&mut self, attrs: &super::value::Attrs<'e>) -> EvalResult<'e, bool> {
        match attrs.get(self.heap.common.kind) {
            Some(kind) => Ok(matches!(self.force(kind)?, Value::String(text) if text.as_bytes() == b"derivation")),
            None => Ok(false),
        }
    }

    pub(super) fn negate(&mut self, operand: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, Value<'e>> {
        match self.eval(operand, frame)?.get() {
            // Like Nix, compute `0 - value`, which never gives a negative zero.
            Value::Int(value) => integers(self, Operator::Sub, 0, value, operand.span),
            Value::Float(value) => Ok(Value::Float(0.0 - value)),
            other => Err(self.report.type_error_at(&self.heap, "an integer", other, operand.span)),
        }
    }
}

/// Concatenates partial or unknown lists: the elements of a known one stay known beside an unknown one.
fn concat_partial<'e>(ev: &mut Evaluator<'e>, a: Value<'e>, b: Value<'e>) -> EvalResult<'e, Value<'e>> {
    let (known, unknown) = match (a, b) {
        (Value::Unknown(unknown), other) | (other, Value::Unknown(unknown)) => (other, Some(unknown)),
        (known, _) => (known, None),
    };
    if let Some(unknown) = unknown
        && matches!(known, Value::Unknown(_) | Value::List(_))
        && known.items().is_empty()
    {
        return Err(ev.report.unknown_error(unknown));
    }
    let mut items = Vec::new();
    for list in [a, b] {
        match list {
            Value::Unknown(unknown) => items.push(Item::any(unknown)),
            list => items.extend(list.items()),
        }
    }
    Ok(ev.heap.partial_list(&items))
}

/// Checks that a value is a list; partial and unknown ones pass.
fn list_part<'e>(ev: &Evaluator<'e>, value: Value<'e>, span: Span) -> EvalResult<'e, Value<'e>> {
    match value {
        list @ (Value::List(_) | Value::PartialList(_) | Value::Unknown(_)) => Ok(list),
        other => Err(ev.report.type_error_at(&ev.heap, "a list", other, span)),
    }
}

/// Whether two values share a cell, and are therefore equal without being compared. That includes functions.
pub(super) fn same_cell<'e>(a: Value<'e>, b: Value<'e>) -> bool {
    match (a, b) {
        (Value::Thunk(a), Value::Thunk(b)) => std::ptr::eq(a, b),
        (Value::Lambda(a), Value::Lambda(b)) => std::ptr::eq(a, b),
        (Value::Attrs(a), Value::Attrs(b)) => std::ptr::eq(a, b),
        _ => false,
    }
}
