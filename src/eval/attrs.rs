//! Sets: making, reading and updating them.

use super::error::{EvalError, EvalResult};
use super::machine::Evaluator;
use super::value::{Attr, Attrs, Env, Unknown, Value};
use crate::source::{Pos, Span};
use crate::syntax::expr::{AttrsExpr, Binding, BindingValue, Bindings, Name, NodeRef};
use crate::syntax::{Symbol, quote};

impl<'e> Evaluator<'e> {
    pub(super) fn eval_attrs(&mut self, expr: &'e AttrsExpr<'e>, env: &'e Env<'e>) -> EvalResult<'e, Value<'e>> {
        let bindings = &expr.bindings;
        if !expr.recursive && expr.dynamic.is_empty() {
            return Ok(self.plain_attrs(bindings, env));
        }
        let mut attrs = Vec::with_capacity(bindings.entries.len() + expr.dynamic.len());
        let inner =
            if expr.recursive { self.recursive_frame(bindings, env, expr.overrides.is_some()) } else { env };
        if expr.recursive {
            let values = inner.slots.iter().map(std::cell::Cell::get);
            attrs.extend(bindings.entries.iter().zip(values).map(|(entry, value)| Attr {
                name: entry.name,
                pos: entry.pos,
                value,
            }));
            if let Some(overrides) = expr.overrides {
                self.override_all(overrides, inner, &mut attrs, bindings.entries[overrides].pos)?;
            }
        } else {
            let sources = self.source_frame(bindings, env);
            attrs.extend(bindings.entries.iter().map(|entry| self.plain_attr(entry, env, sources)));
        }
        let mut rest = None;
        for (name, value, pos) in expr.dynamic {
            let computed = match self.eval(name, inner) {
                Ok(value) => value,
                Err(error) => Value::Unknown(error.unknown().ok_or(error)?),
            };
            let symbol = match computed {
                Value::Null => continue,
                Value::String(text) => self.symbol(&self.without_context(text, name.span)?.to_str_lossy()),
                Value::Unknown(unknown) => {
                    rest = Some(unknown);
                    continue;
                }
                other => return Err(self.type_error_at("a string", other, name.span)),
            };
            value.expr.call_it(symbol);
            let value = self.delay(value, inner);
            match attrs.binary_search_by_key(&symbol, |attr| attr.name) {
                Ok(at) => {
                    let message = format!("dynamic attribute '{}' already defined", self.name(symbol));
                    let first = attrs[at].pos;
                    let place = self.sources.file(first).map(|file| format!(" at {}", file.place(first)));
                    let error = self.error(name.span, &format!("{message}{}", place.unwrap_or_default()));
                    error.label(self.attribute_span(first), "first defined here");
                    return Err(error);
                }
                Err(at) => attrs.insert(at, Attr { name: symbol, pos: *pos, value }),
            }
        }
        Ok(self.attrs_of(&attrs, rest))
    }

    /// A set whose names are all written out, and which do not see each other.
    fn plain_attrs(&self, bindings: &'e Bindings<'e>, env: &'e Env<'e>) -> Value<'e> {
        let sources = self.source_frame(bindings, env);
        let attrs = bindings.entries.iter().map(|entry| self.plain_attr(entry, env, sources));
        Value::Attrs(self.bump.alloc(Attrs::new(self.bump.alloc_slice_fill_iter(attrs), None)))
    }

    fn plain_attr(&self, entry: &'e Binding<'e>, env: &'e Env<'e>, sources: &'e Env<'e>) -> Attr<'e> {
        let value = match entry.value {
            BindingValue::Inner(node) | BindingValue::Outer(node) => self.delay(node, env),
            BindingValue::From { selection, .. } => self.delay(selection, sources),
        };
        Attr { name: entry.name, pos: entry.pos, value }
    }

    /// `__overrides`: its names replace those of the set, as seen from its other values too.
    fn override_all(
        &mut self,
        overrides: usize,
        frame: &'e Env<'e>,
        attrs: &mut Vec<Attr<'e>>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        let given = match self.force(frame.slots[overrides].get())? {
            Value::Attrs(given) => given,
            other => return Err(self.type_error("a set", other, pos)),
        };
        for attr in given.entries() {
            if let Ok(at) = attrs.binary_search_by_key(&attr.name, |attr| attr.name) {
                // Slots stand in the order of the names, and so do the attributes so far.
                frame.slots[at].set(attr.value);
                attrs[at] = *attr;
            }
        }
        let more =
            given.entries().iter().filter(|attr| attrs.binary_search_by_key(&attr.name, |attr| attr.name).is_err());
        let more: Vec<_> = more.copied().collect();
        attrs.extend(more);
        attrs.sort_by_key(|attr| attr.name);
        Ok(())
    }

    /// The frame of what a set that is not recursive inherits from.
    fn source_frame(&self, bindings: &'e Bindings<'e>, env: &'e Env<'e>) -> &'e Env<'e> {
        if bindings.sources.is_empty() {
            return env;
        }
        let sources = bindings.sources.iter().map(|source| std::cell::Cell::new(self.delay(source, env)));
        let slots = self.bump.alloc_slice_fill_iter(sources);
        self.bump.alloc(Env { up: Some(env), slots })
    }

    /// `name` of a set that was evaluated, forced.
    pub(super) fn select_symbol(&mut self, set: Value<'e>, name: Symbol, span: Span) -> EvalResult<'e, Value<'e>> {
        match set {
            Value::Attrs(attrs) => match (attrs.get(name), attrs.any()) {
                (Some(value), _) => {
                    self.force_partly(value).inspect_err(|error| self.selected(*error, attrs, name))
                }
                // Where it is not there, this has no value at all.
                (None, None) if attrs.find_perhaps(name).is_some() => {
                    let perhaps = attrs.find_perhaps(name).expect("just found");
                    self.force_partly(perhaps.attr.value)
                }
                (None, Some(rest)) => Ok(Value::Unknown(self.unknown_member(rest, name, span))),
                (None, None) => {
                    let missing = self.name(name);
                    let error = self.error(span, &format!("attribute '{}' missing", quote(missing)));
                    self.suggest(error, missing, attrs);
                    Err(error)
                }
            },
            Value::Unknown(unknown) => Ok(Value::Unknown(self.unknown_member(unknown, name, span))),
            other => Err(self.type_error_at("a set", other, span)),
        }
    }

    /// Notes which attribute it is that fails.
    #[cold]
    fn selected(&self, error: EvalError<'e>, attrs: &Attrs<'e>, name: Symbol) {
        if error.unknown().is_none()
            && let Some(attr) = attrs.find(name)
            && !self.is_internal(attr.pos)
        {
            let what = || format!("while evaluating the attribute '{}'", quote(self.name(name)));
            error.trace(self.attribute_span(attr.pos), what);
        }
    }

    /// `base.path`, or `None` where the default after `or` is to be taken.
    pub(super) fn select_path(
        &mut self,
        base: NodeRef<'e>,
        path: &'e [Name<'e>],
        has_default: bool,
        env: &'e Env<'e>,
        span: Span,
    ) -> EvalResult<'e, Option<Value<'e>>> {
        let mut value = self.eval(base, env)?;
        for name in path {
            let symbol = self.eval_name(name, env)?;
            match value {
                Value::Attrs(attrs) if has_default && attrs.get(symbol).is_none() => match attrs.maybe(symbol) {
                    None => return Ok(None),
                    Some(rest) => return Ok(Some(Value::Unknown(self.unknown_member(rest, symbol, span)))),
                },
                Value::Attrs(_) | Value::Unknown(_) => {}
                _ if has_default => return Ok(None),
                _ => {}
            }
            value = self.select_symbol(value, symbol, span)?;
        }
        Ok(Some(value))
    }

    pub(super) fn has_attr(
        &mut self,
        base: NodeRef<'e>,
        path: &'e [Name<'e>],
        env: &'e Env<'e>,
    ) -> EvalResult<'e, Value<'e>> {
        let mut value = self.eval(base, env)?;
        for name in path {
            let symbol = self.eval_name(name, env)?;
            value = match self.force(value)? {
                Value::Attrs(attrs) => match (attrs.get(symbol), attrs.maybe(symbol)) {
                    (Some(value), _) => value,
                    (None, Some(rest)) => return Err(self.unknown_error(rest)),
                    (None, None) => return Ok(Value::Bool(false)),
                },
                Value::Unknown(unknown) => return Err(self.unknown_error(unknown)),
                _ => return Ok(Value::Bool(false)),
            };
        }
        Ok(Value::Bool(true))
    }

    fn eval_name(&mut self, name: &'e Name<'e>, env: &'e Env<'e>) -> EvalResult<'e, Symbol> {
        match name {
            Name::Static(symbol) => Ok(*symbol),
            Name::Dynamic(node) => match self.eval(node, env)? {
                Value::String(text) => {
                    let name = self.without_context(text, node.span)?;
                    Ok(self.symbol(&name.to_str_lossy()))
                }
                other => Err(self.type_error_at("a string", other, node.span)),
            },
        }
    }

    /// `left // right`
    pub(super) fn update(&mut self, left: Value<'e>, right: Value<'e>, span: Span) -> EvalResult<'e, Value<'e>> {
        match (left, right) {
            (Value::Attrs(left), Value::Attrs(right)) => {
                if left.entries().is_empty() && left.rest().is_none() {
                    return Ok(Value::Attrs(right));
                }
                if right.entries().is_empty() && right.rest().is_none() {
                    return Ok(Value::Attrs(left));
                }
                if let Some(rest) = right.any() {
                    return Ok(self.open_update(left, right, rest));
                }
                if !(left.perhaps().is_empty() && right.perhaps().is_empty()) {
                    return Ok(self.update_perhaps(left, right));
                }
                let merged = merge(left.entries(), right.entries());
                Ok(self.attrs_of(&merged, left.any()))
            }
            (Value::Attrs(left), Value::Unknown(unknown)) => Ok(self.open_update(left, self.no_attrs(), unknown)),
            (Value::Unknown(unknown), Value::Attrs(right)) => Ok(self.attrs_of(right.entries(), Some(unknown))),
            (Value::Unknown(unknown), _) | (_, Value::Unknown(unknown)) => Ok(Value::Unknown(unknown)),
            (Value::Attrs(_), other) | (other, _) => Err(self.type_error_at("a set", other, span)),
        }
    }

    /// An update by something that may redefine any name: only what it is known to define stays known.
    fn open_update(&mut self, left: &Attrs<'e>, right: &Attrs<'e>, rest: &'e Unknown) -> Value<'e> {
        let hidden: Vec<_> =
            left.entries().iter().map(|attr| Attr { value: Value::Unknown(rest), ..*attr }).collect();
        let merged = merge(&hidden, right.entries());
        self.attrs_of(&merged, Some(rest))
    }

    fn no_attrs(&self) -> &'e Attrs<'e> {
        self.bump.alloc(Attrs::new(&[], None))
    }

    /// `unsafeGetAttrPos`, `__curPos`: a position as a set.
    pub(super) fn position_value(&self, pos: Pos) -> Value<'e> {
        let (Some(location), Some(file)) = (self.sources.locate(pos), self.sources.file(pos)) else {
            return Value::Null;
        };
        // A text that was given on the command line is no file.
        if !file.path.is_absolute() {
            return Value::Null;
        }
        let path = file.path.to_string_lossy();
        self.attrs([
            (self.common.file, self.string(&path), Pos::NONE),
            (self.common.line, Value::Int(location.line.into()), Pos::NONE),
            (self.common.column, Value::Int(location.column.into()), Pos::NONE),
        ])
    }
}

/// Two sorted lists in one; the right one wins.
fn merge<'e>(left: &[Attr<'e>], right: &[Attr<'e>]) -> Vec<Attr<'e>> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    loop {
        match (left.peek(), right.peek()) {
            (Some(a), Some(b)) if a.name < b.name => merged.extend(left.next()),
            (Some(a), Some(b)) => {
                if a.name == b.name {
                    left.next();
                }
                merged.extend(right.next());
            }
            (Some(_), None) => merged.extend(left.next()),
            (None, _) => {
                merged.extend(right);
                return merged;
            }
        }
    }
}
