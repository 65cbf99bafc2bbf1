//! How built-in functions access their arguments.

use crate::code::{Str, Symbol};
use crate::eval::error::{EvalError, EvalResult};
use crate::eval::evaluator::Evaluator;
use crate::eval::native::Suspend;
use crate::eval::value::{Attrs, TaggedValue, Thunk, Value};
use crate::source::Pos;

/// A delayed call with two arguments.
struct Call2<'e> {
    function: Value<'e>,
    arguments: [Value<'e>; 2],
}

impl<'e> Suspend<'e> for Call2<'e> {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        let [first, second] = self.arguments;
        ev.call2(self.function, first, second)
    }

    fn parts(&self) -> Option<[Value<'e>; 3]> {
        let [first, second] = self.arguments;
        Some([self.function, first, second])
    }
}

impl<'e> Evaluator<'e> {
    pub(super) fn int(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, i64> {
        match self.force(value)? {
            Value::Int(value) => Ok(value),
            other => Err(self.type_error("an integer", other, pos)),
        }
    }

    pub(super) fn boolean(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, bool> {
        match self.force(value)? {
            Value::Bool(value) => Ok(value),
            other => Err(self.type_error("a Boolean", other, pos)),
        }
    }

    pub(super) fn text(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Str<'e>> {
        match self.force(value)? {
            Value::String(text) => Ok(text),
            other => Err(self.type_error("a string", other, pos)),
        }
    }

    /// A string without context.
    pub(super) fn plain_text(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Str<'e>> {
        let text = self.text(value, pos)?;
        if text.context().is_empty() {
            return Ok(text);
        }
        self.without_context(text, self.report.word_span(pos))
    }

    /// Checks that a value can be called. An unknown function makes every result unknown.
    pub(super) fn function(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
        match self.force(value)? {
            function @ Value::Unknown(_) => Ok(function),
            function if self.heap.is_function(function) => Ok(function),
            other => Err(self.type_error("a function", other, pos)),
        }
    }

    /// An attribute that the set must have.
    pub(super) fn required(&mut self, attrs: &'e Attrs<'e>, name: &str, pos: Pos) -> EvalResult<'e, Value<'e>> {
        match self.optional(attrs, name)? {
            Some(value) => Ok(value),
            None => Err(self.report.error(self.report.word_span(pos), &format!("attribute '{name}' missing"))),
        }
    }

    /// An attribute that the set may lack.
    pub(super) fn optional(&self, attrs: &'e Attrs<'e>, name: &str) -> EvalResult<'e, Option<Value<'e>>> {
        let symbol = self.heap.symbol(name);
        match (attrs.get(symbol), attrs.maybe(symbol)) {
            (None, Some(unknown)) => Err(self.report.unknown_error(unknown)),
            (found, _) => Ok(found),
        }
    }

    /// Nix's error for an experimental feature that is not enabled.
    #[cold]
    pub(super) fn feature_error(&self, feature: &str, what: &str, pos: Pos) -> EvalError<'e> {
        let message = format!("experimental Nix feature '{feature}' is disabled{what}");
        let help = format!("add '--extra-experimental-features {feature}' to enable it");
        self.report.error(self.report.word_span(pos), &format!("{message}; {help}"))
    }

    pub(super) fn items(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e [TaggedValue<'e>]> {
        match self.force(value)? {
            Value::List(list) => Ok(list.items()),
            other => Err(self.type_error("a list", other, pos)),
        }
    }

    pub(super) fn set(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
        match self.force(value)? {
            Value::Attrs(attrs) => Ok(attrs),
            other => Err(self.type_error("a set", other, pos)),
        }
    }

    /// Evaluates a value to a set without partial names.
    pub(super) fn closed_set(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
        let attrs = self.set(value, pos)?;
        match attrs.rest() {
            Some(unknown) => Err(self.report.unknown_error(unknown)),
            None => Ok(attrs),
        }
    }

    /// Evaluates a value to a set whose names are known, at least as optional ones.
    pub(super) fn set_of_names(&mut self, value: Value<'e>, pos: Pos) -> EvalResult<'e, &'e Attrs<'e>> {
        let attrs = self.set(value, pos)?;
        match attrs.any() {
            Some(unknown) => Err(self.report.unknown_error(unknown)),
            None => Ok(attrs),
        }
    }

    /// Evaluates a value that must be known.
    pub(super) fn known(&mut self, value: Value<'e>) -> EvalResult<'e, Value<'e>> {
        match self.force(value)? {
            Value::Unknown(unknown) => Err(self.report.unknown_error(unknown)),
            value => Ok(value),
        }
    }

    /// A delayed call of a function with the name and the value of an attribute.
    pub(super) fn delay_call_on(
        &self,
        function: Value<'e>,
        name: Symbol,
        value: TaggedValue<'e>,
    ) -> TaggedValue<'e> {
        let function = match function {
            Value::Thunk(thunk) => thunk.done().map_or(function, TaggedValue::get),
            function => function,
        };
        self.heap.pack(match function {
            Value::Lambda(closure) => Value::Thunk(Thunk::call_on(self.heap.bump, closure, name, value)),
            _ => self.heap.suspend(Call2 { function, arguments: [self.heap.name_value(name), value.get()] }),
        })
    }

    /// Calls a predicate.
    pub(super) fn holds(&mut self, predicate: Value<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, bool> {
        let result = self.apply(predicate, value, pos)?;
        self.boolean(result, pos)
    }
}
