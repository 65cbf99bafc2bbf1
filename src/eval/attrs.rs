//! Creating, reading and updating sets.

use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::value::{Attr, Attrs, Frame, TaggedValue, Value};
use crate::code::Symbol;
use crate::code::expr::{AttrsExpr, Binding, Bindings, Name, NodeRef};
use crate::source::Span;
use crate::syntax::quote;

impl<'e> Evaluator<'e> {
    pub(super) fn eval_attrs(
        &mut self,
        expr: &'e AttrsExpr<'e>,
        frame: &Frame<'_, 'e>,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let bindings = &expr.bindings;
        if !expr.recursive && expr.dynamic.is_empty() {
            return Ok(self.heap.pack(self.plain_attrs(expr, frame)));
        }
        let mut attrs = Vec::with_capacity(bindings.entries.len() + expr.dynamic.len());
        if expr.recursive {
            self.bind_all(bindings, frame, expr.overrides.is_some());
            let values = frame.slots[bindings.first as usize..].iter().map(std::cell::Cell::get);
            attrs.extend(bindings.entries.iter().zip(values).map(|(entry, value)| Attr {
                name: entry.name,
                pos: entry.pos,
                value,
            }));
            if expr.dynamic.is_empty() && expr.overrides.is_none() {
                let values = attrs.iter().map(|attr| attr.value);
                return Ok(self.heap.pack(Value::Attrs(Attrs::new(self.heap.bump, expr.shape, values, None))));
            }
            if let Some(overrides) = expr.overrides {
                self.override_all(overrides, bindings, frame, &mut attrs)?;
            }
        } else {
            self.bind_sources(bindings, frame);
            attrs.extend(bindings.entries.iter().map(|entry| self.plain_attr(entry, frame)));
        }
        let mut rest = None;
        for (name, value, pos) in expr.dynamic {
            let computed = match self.eval(name, frame) {
                Ok(value) => value.get(),
                Err(error) => Value::Unknown(error.unknown().ok_or(error)?),
            };
            let symbol = match computed {
                Value::Null => continue,
                Value::String(text) => self.heap.symbol_of(self.without_context(text, name.span)?),
                Value::Unknown(unknown) => {
                    rest = Some(unknown);
                    continue;
                }
                other => return Err(self.report.type_error_at(&self.heap, "a string", other, name.span)),
            };
            value.expr.set_function_name(symbol);
            let value = self.delay(value, frame);
            match attrs.binary_search_by_key(&symbol, |attr| attr.name) {
                Ok(at) => {
                    let message = format!("dynamic attribute '{}' already defined", self.heap.name(symbol));
                    let first = attrs[at].pos;
                    let location =
                        self.report.sources.file(first).map(|file| format!(" at {}", file.location_of(first)));
                    let error = self.report.error(name.span, &format!("{message}{}", location.unwrap_or_default()));
                    error.label(self.report.attribute_span(first), "first defined here");
                    return Err(error);
                }
                Err(at) => attrs.insert(at, Attr { name: symbol, pos: *pos, value }),
            }
        }
        Ok(self.heap.pack(self.heap.attrs_of(&attrs, rest)))
    }

    /// A non-recursive set whose names are all written out.
    fn plain_attrs(&self, expr: &'e AttrsExpr<'e>, frame: &Frame<'_, 'e>) -> Value<'e> {
        let bindings = &expr.bindings;
        if bindings.entries.is_empty() {
            return Value::Attrs(self.heap.no_attrs);
        }
        self.bind_sources(bindings, frame);
        let values = bindings.entries.iter().map(|entry| self.delay(entry.value.node(), frame));
        Value::Attrs(Attrs::new(self.heap.bump, expr.shape, values, None))
    }

    fn plain_attr(&self, entry: &'e Binding<'e>, frame: &Frame<'_, 'e>) -> Attr<'e> {
        Attr { name: entry.name, pos: entry.pos, value: self.delay(entry.value.node(), frame) }
    }

    /// Applies `__overrides`: its names replace those of the set, also as seen by the set's other values.
    fn override_all(
        &mut self,
        overrides: usize,
        bindings: &'e Bindings<'e>,
        frame: &Frame<'_, 'e>,
        attrs: &mut Vec<Attr<'e>>,
    ) -> EvalResult<'e, ()> {
        let given = match self.force_packed(attrs[overrides].value)? {
            Value::Attrs(given) => given,
            other => {
                return Err(self.report.type_error(&self.heap, "a set", other, bindings.entries[overrides].pos));
            }
        };
        for attr in given.entries() {
            if let Ok(at) = attrs.binary_search_by_key(&attr.name, |attr| attr.name) {
                // The other values captured a cell that can be redirected. Slots are in the order of the names.
                if let Some(cell) = attrs[at].value.thunk() {
                    cell.stand_for(self.heap.forward, attr.value);
                }
                frame.slots[bindings.first as usize + at].set(attr.value);
                attrs[at] = attr;
            }
        }
        let more = given.entries().filter(|attr| attrs.binary_search_by_key(&attr.name, |attr| attr.name).is_err());
        let more: Vec<_> = more.collect();
        attrs.extend(more);
        attrs.sort_by_key(|attr| attr.name);
        Ok(())
    }

    /// Selects an attribute of an evaluated set, and forces it.
    pub(super) fn select_symbol(&mut self, set: Value<'e>, name: Symbol, span: Span) -> EvalResult<'e, Value<'e>> {
        match set {
            Value::Attrs(attrs) => match attrs.find(name) {
                Some(attr) => match self.evaluated(attr.value) {
                    Ok(value) => Ok(value.get()),
                    Err(error) => Err(self.report.trace_attribute(&self.heap, error, &attr)),
                },
                None => self.select_missing(attrs, name, span),
            },
            Value::Unknown(unknown) => Ok(Value::Unknown(self.heap.unknown_member(unknown, name, span))),
            other => Err(self.report.type_error_at(&self.heap, "a set", other, span)),
        }
    }

    #[cold]
    fn select_missing(&mut self, attrs: &'e Attrs<'e>, name: Symbol, span: Span) -> EvalResult<'e, Value<'e>> {
        // If the attribute is missing, evaluation fails anyway: use the value it has if it exists.
        if let Some(optional) = attrs.find_optional(name) {
            return self.force_partial(optional.value());
        }
        if let Some(rest) = attrs.any() {
            return Ok(Value::Unknown(self.heap.unknown_member(rest, name, span)));
        }
        let missing = self.heap.name(name);
        let error = self.report.error(span, &format!("attribute '{}' missing", quote(missing)));
        error.suggest(missing, self.heap.names(attrs));
        Err(error)
    }

    /// `base.path`; `None` means to use the default after `or`.
    #[inline]
    pub(super) fn select_path(
        &mut self,
        base: NodeRef<'e>,
        path: &'e [Name<'e>],
        has_default: bool,
        frame: &Frame<'_, 'e>,
        span: Span,
    ) -> EvalResult<'e, Option<TaggedValue<'e>>> {
        let mut value = self.eval(base, frame)?;
        for name in path {
            if let (Name::Static(name, hint), Value::Attrs(attrs)) = (name, value.get())
                && let Some(found) = attrs.get_again(*name, hint)
            {
                value = match self.evaluated(found) {
                    Ok(value) => value,
                    Err(error) => {
                        return Err(attrs
                            .find(*name)
                            .map_or(error, |attr| self.report.trace_attribute(&self.heap, error, &attr)));
                    }
                };
                continue;
            }
            match self.select_seldom(value.get(), name, has_default, frame, span)? {
                Selected::Value(selected) => value = selected,
                Selected::All(selected) => return Ok(Some(selected)),
                Selected::Default => return Ok(None),
            }
        }
        Ok(Some(value))
    }

    #[inline(never)]
    fn select_seldom(
        &mut self,
        set: Value<'e>,
        name: &'e Name<'e>,
        has_default: bool,
        frame: &Frame<'_, 'e>,
        span: Span,
    ) -> EvalResult<'e, Selected<'e>> {
        let symbol = self.eval_name(name, frame)?;
        match set {
            Value::Attrs(attrs) if has_default && attrs.find(symbol).is_none() => match attrs.maybe(symbol) {
                None => return Ok(Selected::Default),
                Some(rest) => {
                    let member = self.heap.unknown_member(rest, symbol, span);
                    return Ok(Selected::All(self.heap.pack(Value::Unknown(member))));
                }
            },
            Value::Attrs(_) | Value::Unknown(_) => {}
            _ if has_default => return Ok(Selected::Default),
            _ => {}
        }
        self.select_symbol(set, symbol, span).map(|value| Selected::Value(self.heap.pack(value)))
    }

    pub(super) fn has_attr(
        &mut self,
        base: NodeRef<'e>,
        path: &'e [Name<'e>],
        frame: &Frame<'_, 'e>,
    ) -> EvalResult<'e, bool> {
        let mut value = self.eval(base, frame)?;
        for name in path {
            let symbol = self.eval_name(name, frame)?;
            value = match self.force_packed(value)? {
                Value::Attrs(attrs) => match (attrs.find(symbol), attrs.maybe(symbol)) {
                    (Some(attr), _) => attr.value,
                    (None, Some(rest)) => return Err(self.report.unknown_error(rest)),
                    (None, None) => return Ok(false),
                },
                Value::Unknown(unknown) => return Err(self.report.unknown_error(unknown)),
                _ => return Ok(false),
            };
        }
        Ok(true)
    }

    fn eval_name(&mut self, name: &'e Name<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, Symbol> {
        match name {
            Name::Static(symbol, _) => Ok(*symbol),
            Name::Dynamic(node) => match self.eval(node, frame)?.get() {
                Value::String(text) => {
                    let name = self.without_context(text, node.span)?;
                    Ok(self.heap.symbol_of(name))
                }
                other => Err(self.report.type_error_at(&self.heap, "a string", other, node.span)),
            },
        }
    }

    /// `left // right`
    pub(super) fn update(&mut self, left: Value<'e>, right: Value<'e>, span: Span) -> EvalResult<'e, Value<'e>> {
        match (left, right) {
            (Value::Attrs(left), Value::Attrs(right)) => {
                if left.is_empty() {
                    return Ok(Value::Attrs(right));
                }
                if right.is_empty() {
                    return Ok(Value::Attrs(left));
                }
                if left.open().is_none() && right.open().is_none() {
                    return Ok(self.heap.merge(left, right));
                }
                if let Some(rest) = right.any() {
                    return Ok(self.heap.open_update(left, right, rest));
                }
                if !(left.optional().is_empty() && right.optional().is_empty()) {
                    return Ok(self.heap.update_partial(left, right));
                }
                Ok(Value::Attrs(self.heap.merge_anew(left, right, left.any())))
            }
            (Value::Attrs(left), Value::Unknown(unknown)) => {
                Ok(self.heap.open_update(left, self.heap.no_attrs, unknown))
            }
            (Value::Unknown(unknown), Value::Attrs(right)) => {
                Ok(Value::Attrs(self.heap.merge_anew(self.heap.no_attrs, right, Some(unknown))))
            }
            (Value::Unknown(unknown), _) | (_, Value::Unknown(unknown)) => Ok(Value::Unknown(unknown)),
            (Value::Attrs(_), other) | (other, _) => {
                Err(self.report.type_error_at(&self.heap, "a set", other, span))
            }
        }
    }

    /// Selects an attribute and forces it; an unknown set gives an unknown value.
    ///
    /// # Errors
    ///
    /// Fails if the attribute is missing or its evaluation fails.
    pub fn select(&mut self, set: Value<'e>, name: &str) -> EvalResult<'e, Value<'e>> {
        let set = self.force(set)?;
        let symbol = self.heap.symbol(name);
        let value = self.select_symbol(set, symbol, Span::NONE)?;
        self.force(value)
    }

    /// Selects an attribute that the set may lack.
    ///
    /// # Errors
    ///
    /// Fails if the evaluation of the attribute does.
    pub fn select_optional(&mut self, set: Value<'e>, name: &str) -> EvalResult<'e, Option<Value<'e>>> {
        match self.force(set)? {
            Value::Attrs(attrs) => attrs.get(self.heap.symbol(name)).map(|value| self.force(value)).transpose(),
            _ => Ok(None),
        }
    }
}

/// The result of one step along an attribute path.
enum Selected<'e> {
    /// The value of this name.
    Value(TaggedValue<'e>),
    /// The value of the whole path.
    All(TaggedValue<'e>),
    /// The default after `or` applies.
    Default,
}
