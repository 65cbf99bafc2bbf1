//! What is known if a condition is unknown.
//!
//! With an unknown `c`, `if c then { a = 1; b = 2; } else { b = 2; }` is a set in which `b` is 2 and `a` is optional.
//! The evaluator runs both branches and keeps what they agree on: equal values stay known; names and list elements
//! that only one branch has become *optional*. Everything else is unknown.
//!
//! Invariants:
//! - What counts as known holds for either value of the condition. A branch that throws is one Nix did not take.
//! - Code that does not ask for optional parts sees a set that may have any further names, or an unknown value.
//! - A branch that Nix may never evaluate has no side effects: no error in a thunk, no message.
//! - The depth of nested branches is bounded, because recursion that a condition ends may never end without it.

use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::heap::Heap;
use super::native::Suspend;
use super::value::{Attr, Attrs, Item, OptionalAttr, TaggedValue, Unknown, Value, settle};
use crate::code::Symbol;
use crate::source::Pos;

impl<'e> Evaluator<'e> {
    /// Evaluates a value to its outermost constructor, never a thunk. Unlike [`Evaluator::force`], it returns partial
    /// lists as they are.
    ///
    /// # Errors
    ///
    /// Fails if the evaluation does.
    pub fn force_partial(&mut self, value: Value<'e>) -> EvalResult<'e, Value<'e>> {
        match value {
            Value::Thunk(thunk) => self.force_thunk(thunk).map(TaggedValue::get),
            value => Ok(value),
        }
    }

    /// Evaluates a value to a list, partial or not, and returns its elements.
    pub(super) fn partial_items(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, Vec<Item<'e>>> {
        match self.force_partial(value)? {
            list @ (Value::List(_) | Value::PartialList(_)) => Ok(list.items()),
            other => Err(self.report.type_error(&self.heap, "a list", other, pos)),
        }
    }

    /// Evaluates a branch that Nix may never evaluate.
    pub(super) fn guess<T>(
        &mut self,
        why: &'e Unknown,
        of: impl FnOnce(&mut Self) -> EvalResult<'e, T>,
    ) -> EvalResult<'e, T> {
        if !self.speculation.begin() {
            return Err(self.report.unknown_error(why));
        }
        let (depth, result) = (self.limits.depth, of(self));
        self.speculation.end();
        self.limits.depth = depth;
        result
    }

    /// What is known of a value that is either `a` or `b`.
    ///
    /// # Errors
    ///
    /// Returns the unknown value `why` if neither branch can be relied on.
    pub fn one_of(
        &mut self,
        why: &'e Unknown,
        a: impl FnOnce(&mut Self) -> EvalResult<'e, Value<'e>>,
        b: impl FnOnce(&mut Self) -> EvalResult<'e, Value<'e>>,
    ) -> EvalResult<'e, Value<'e>> {
        let a = self.guess(why, a);
        let a = settle(a);
        let b = self.guess(why, b);
        let b = settle(b);
        match (a, b) {
            (Ok(a), Ok(b)) => Ok(self.joined_value(why, a, b)),
            (Ok(value), Err(error)) | (Err(error), Ok(value)) if error.is_guard() => Ok(value),
            _ => Err(self.report.unknown_error(why)),
        }
    }

    /// What two evaluated values have in common.
    fn joined_value(&mut self, why: &'e Unknown, a: Value<'e>, b: Value<'e>) -> Value<'e> {
        match (a, b) {
            (Value::Null, Value::Null) => a,
            (Value::Bool(x), Value::Bool(y)) if x == y => a,
            (Value::Int(x), Value::Int(y)) if x == y => a,
            (Value::String(x), Value::String(y))
                if x.as_bytes() == y.as_bytes() && x.context().is_empty() && y.context().is_empty() =>
            {
                a
            }
            (Value::Path(x), Value::Path(y)) if x.as_bytes() == y.as_bytes() => a,
            (Value::Lambda(x), Value::Lambda(y)) if std::ptr::eq(x, y) => a,
            (Value::Attrs(x), Value::Attrs(y)) if std::ptr::eq(x, y) => a,
            (Value::Attrs(x), Value::Attrs(y)) => self.joined_attrs(why, x, y),
            (Value::List(x), Value::List(y)) if x.items().len() == y.items().len() => {
                let items = x.iter().zip(y.iter()).map(|(x, y)| self.heap.either(why, x, y));
                self.heap.list(items)
            }
            (Value::List(_) | Value::PartialList(_), Value::List(_) | Value::PartialList(_)) => {
                // A common prefix and a common suffix exist either way.
                let (a, b) = (a.items(), b.items());
                let front = a.iter().zip(&b).take_while(|(a, b)| is_same_item(a, b)).count();
                let (a_rest, b_rest) = (&a[front..], &b[front..]);
                let back =
                    a_rest.iter().rev().zip(b_rest.iter().rev()).take_while(|(a, b)| is_same_item(a, b)).count();
                let (a_rest, end) = a_rest.split_at(a_rest.len() - back);
                let b_rest = &b_rest[..b_rest.len() - back];
                let middle = a_rest.iter().chain(b_rest).map(|item| Item { optional: Some(why), ..*item });
                let items: Vec<_> = a[..front].iter().copied().chain(middle).chain(end.iter().copied()).collect();
                self.heap.partial_list(&items)
            }
            (Value::Unknown(x), Value::Unknown(y)) if std::ptr::eq(x, y) => a,
            _ => Value::Unknown(why),
        }
    }

    fn joined_attrs(&mut self, why: &'e Unknown, a: &'e Attrs<'e>, b: &'e Attrs<'e>) -> Value<'e> {
        let kind = self.heap.symbol("_type");
        if a.get(kind).is_some() || b.get(kind).is_some() {
            return self.joined_properties(why, a, b);
        }
        let any = a.any().or(b.any());
        let mut names: Vec<Symbol> = Vec::new();
        for set in [a, b] {
            names.extend(set.entries().map(|attr| attr.name));
            names.extend(set.optional().iter().map(|optional| optional.attr.name));
        }
        names.sort_unstable();
        names.dedup();
        let (mut certain, mut optional) = (Vec::with_capacity(names.len()), Vec::new());
        for name in names {
            let of = |set: &'e Attrs<'e>| {
                let entry = set.find(name).map(|attr| (attr, None));
                entry.or_else(|| set.find_optional(name).map(|optional| (optional.attr, Some(optional.why))))
            };
            match (of(a), of(b)) {
                (Some((x, None)), Some((y, None))) => {
                    certain.push(Attr { value: self.heap.either_packed(why, x.value, y.value), ..x });
                }
                (Some((x, _)), Some((y, _))) => {
                    let attr = Attr { value: self.heap.either_packed(why, x.value, y.value), ..x };
                    optional.push(OptionalAttr { attr, why });
                }
                // If the other set may have the name too, its value is unknown.
                (Some((attr, of)), None) if b.any().is_none() => {
                    optional.push(OptionalAttr { attr, why: of.unwrap_or(why) })
                }
                (None, Some((attr, of))) if a.any().is_none() => {
                    optional.push(OptionalAttr { attr, why: of.unwrap_or(why) })
                }
                _ => {}
            }
        }
        self.heap.attrs_maybe(&certain, optional, any)
    }

    /// `if c then mkIf … else …`: turns both into definitions under an unknown condition, for the module system.
    fn joined_properties(&mut self, why: &'e Unknown, a: &'e Attrs<'e>, b: &'e Attrs<'e>) -> Value<'e> {
        let kind = self.heap.symbol("_type");
        for set in [a, b] {
            let Some(value) = set.get(kind) else { continue };
            let is_property = match self.force(value) {
                Ok(Value::String(text)) => {
                    matches!(text.as_bytes(), b"if" | b"merge" | b"override" | b"order" | b"definition")
                }
                _ => false,
            };
            if !is_property {
                return Value::Unknown(why);
            }
        }
        let conditional = |set: &'e Attrs<'e>| {
            self.heap.attrs([
                (kind, self.heap.string("if"), Pos::NONE),
                (self.heap.symbol("condition"), Value::Unknown(why), Pos::NONE),
                (self.heap.symbol("content"), Value::Attrs(set), Pos::NONE),
            ])
        };
        let contents = self.heap.list([conditional(a), conditional(b)]);
        self.heap.attrs([
            (kind, self.heap.string("merge"), Pos::NONE),
            (self.heap.symbol("contents"), contents, Pos::NONE),
        ])
    }

    /// Evaluates something in a way that Nix may not; returns `None` if that is an infinite recursion. Thunks that
    /// were running then return to their previous state.
    ///
    /// # Errors
    ///
    /// Fails if the evaluation fails otherwise.
    pub fn unless_circular<T>(
        &mut self,
        of: impl FnOnce(&mut Self) -> EvalResult<'e, T>,
    ) -> EvalResult<'e, Option<T>> {
        if !self.speculation.catch() {
            return of(self).map(Some);
        }
        let (depth, result) = (self.limits.depth, of(self));
        self.speculation.caught(result.as_ref().is_err_and(|error| error.is_circular()));
        match result {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.is_circular() => {
                self.limits.depth = depth;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

impl<'e> Heap<'e> {
    /// A value that is either `a` or `b`, examined on demand.
    pub(super) fn either(&self, why: &'e Unknown, a: Value<'e>, b: Value<'e>) -> Value<'e> {
        match (a, b) {
            (Value::Thunk(x), Value::Thunk(y)) if std::ptr::eq(x, y) => a,
            (Value::Attrs(x), Value::Attrs(y)) if std::ptr::eq(x, y) => a,
            _ => self.suspend(OneOf { why, a, b }),
        }
    }

    /// `left // right` if one side has optional attributes and the right one cannot have arbitrary names.
    pub(super) fn update_partial(&self, left: &'e Attrs<'e>, right: &'e Attrs<'e>) -> Value<'e> {
        let mut certain: Vec<Attr<'e>> = Vec::with_capacity(left.count() + right.count());
        let mut optional: Vec<OptionalAttr<'e>> = Vec::new();
        for attr in left.entries() {
            if right.find(attr.name).is_some() {
                continue;
            }
            certain.push(match right.find_optional(attr.name) {
                Some(other) => Attr { value: self.either_packed(other.why, other.attr.value, attr.value), ..attr },
                None => attr,
            });
        }
        certain.extend(right.entries());
        certain.sort_by_key(|attr| attr.name);
        for one in left.optional() {
            if right.find(one.attr.name).is_some() {
                continue;
            }
            optional.push(match right.find_optional(one.attr.name) {
                Some(other) => {
                    let value = self.either_packed(other.why, other.attr.value, one.attr.value);
                    OptionalAttr { attr: Attr { value, ..one.attr }, why: one.why }
                }
                None => *one,
            });
        }
        optional.extend(
            right
                .optional()
                .iter()
                .filter(|one| left.find(one.attr.name).is_none() && left.find_optional(one.attr.name).is_none()),
        );
        self.attrs_maybe(&certain, optional, left.any())
    }

    fn either_packed(&self, why: &'e Unknown, a: TaggedValue<'e>, b: TaggedValue<'e>) -> TaggedValue<'e> {
        self.pack(self.either(why, a.get(), b.get()))
    }
}

/// Whether two elements are visibly the same without evaluating them.
fn is_same_item<'e>(a: &Item<'e>, b: &Item<'e>) -> bool {
    a.optional.is_none()
        && b.optional.is_none()
        && match (a.value, b.value) {
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Path(a), Value::Path(b)) => a.as_bytes() == b.as_bytes(),
            (Value::String(a), Value::String(b)) => {
                a.as_bytes() == b.as_bytes() && a.context().is_empty() && b.context().is_empty()
            }
            (Value::Thunk(a), Value::Thunk(b)) => std::ptr::eq(a, b),
            _ => false,
        }
}

/// A value that is one of two.
struct OneOf<'e> {
    why: &'e Unknown,
    a: Value<'e>,
    b: Value<'e>,
}

impl<'e> Suspend<'e> for OneOf<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        ev.one_of(self.why, |ev| ev.force_partial(self.a), |ev| ev.force_partial(self.b))
    }

    fn parts(&self) -> Option<[Value<'e>; 3]> {
        Some([Value::Unknown(self.why), self.a, self.b])
    }
}
