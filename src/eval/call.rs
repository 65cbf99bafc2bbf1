//! Calls: of functions written in Nix, of built-in ones, and of sets that act as functions.
//!
//! A call with all its arguments makes one frame, however many functions it goes through on paper. With fewer, the frame
//! holds what was given, and the next call copies it.

use std::cell::Cell;

use super::error::EvalResult;
use super::machine::Evaluator;
use super::value::{Attrs, Closure, Env, PrimopCall, Value};
use crate::source::Pos;
use crate::syntax::Symbol;
use crate::syntax::expr::{Lambda, Node, NodeRef, Pattern};

/// No built-in function takes more arguments.
const MOST_ARGUMENTS: usize = 4;

impl<'e> Evaluator<'e> {
    /// Calls a function with what `nodes` will yield. What is unknown ends as an error of that kind.
    pub(super) fn call_nodes(
        &mut self,
        mut function: Value<'e>,
        mut nodes: &'e [NodeRef<'e>],
        env: &'e Env<'e>,
        call: &'e Node<'e>,
    ) -> EvalResult<'e, Value<'e>> {
        let pos = call.span.start;
        loop {
            let result = match function {
                Value::Lambda(closure) => {
                    let missing = closure.lambda.missing();
                    if nodes.len() < missing {
                        let more = nodes.iter().map(|node| self.delay(node, env));
                        return Ok(self.partial(closure, more));
                    }
                    let (now, later) = nodes.split_at(missing);
                    nodes = later;
                    let frame = self.new_frame(closure, now.iter().map(|node| self.delay(node, env)));
                    self.enter(closure, frame, pos)
                }
                Value::Primop(primop) => {
                    let missing = primop.primop.arity - primop.arguments.len();
                    if nodes.len() < missing {
                        let arguments = primop.arguments.iter().copied();
                        let arguments: Vec<_> =
                            arguments.chain(nodes.iter().map(|node| self.delay(node, env))).collect();
                        return Ok(self.partial_primop(primop, &arguments));
                    }
                    let (now, later) = nodes.split_at(missing);
                    nodes = later;
                    let mut arguments = [Value::Null; MOST_ARGUMENTS];
                    let given = primop.arguments.len();
                    arguments[..given].copy_from_slice(primop.arguments);
                    for (argument, node) in arguments[given..].iter_mut().zip(now) {
                        *argument = self.delay(node, env);
                    }
                    (primop.primop.run)(self, &arguments[..primop.primop.arity], pos)
                }
                other => {
                    let argument = self.delay(nodes[0], env);
                    nodes = &nodes[1..];
                    self.apply(other, argument, pos)
                }
            };
            function = result.inspect_err(|error| self.called(*error, function, call))?;
            if nodes.is_empty() {
                return Ok(function);
            }
        }
    }

    /// Calls a function with one argument. What is unknown ends as an error of that kind.
    pub(super) fn apply(
        &mut self,
        function: Value<'e>,
        argument: Value<'e>,
        pos: Pos,
    ) -> EvalResult<'e, Value<'e>> {
        match self.force(function)? {
            Value::Lambda(closure) => {
                if closure.lambda.after.is_some() {
                    return Ok(self.partial(closure, [argument].into_iter()));
                }
                let frame = self.new_frame(closure, [argument].into_iter());
                self.enter(closure, frame, pos)
            }
            Value::Primop(call) => {
                let primop = call.primop;
                let given = call.arguments.len();
                if given + 1 == primop.arity {
                    if given == 0 {
                        return (primop.run)(self, &[argument], pos);
                    }
                    let mut arguments = [Value::Null; MOST_ARGUMENTS];
                    arguments[..given].copy_from_slice(call.arguments);
                    arguments[given] = argument;
                    return (primop.run)(self, &arguments[..primop.arity], pos);
                }
                let arguments: Vec<_> = call.arguments.iter().copied().chain([argument]).collect();
                Ok(self.partial_primop(call, &arguments))
            }
            set @ Value::Attrs(attrs) if attrs.get(self.common.functor).is_some() => {
                let functor = attrs.get(self.common.functor).expect("asked for just now");
                let span = self.word_span(pos);
                self.deeper(span, |ev| {
                    let bound = ev.apply(functor, set, pos)?;
                    ev.apply(bound, argument, pos)
                })
            }
            Value::Unknown(unknown) => Err(self.unknown_error(self.unknown_at(unknown, self.word_span(pos)))),
            other => {
                let what = self.describe(other);
                let message = format!("attempt to call something which is not a function but {what}");
                Err(self.error(self.word_span(pos), &message))
            }
        }
    }

    /// Calls a function with one argument, from native code: what is unknown comes as a value.
    pub fn call(&mut self, function: Value<'e>, argument: Value<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
        let result = self.apply(function, argument, pos);
        self.settle(result)
    }

    /// Calls a function with two arguments.
    pub(super) fn call2(&mut self, function: Value<'e>, a: Value<'e>, b: Value<'e>) -> EvalResult<'e, Value<'e>> {
        match self.force(function)? {
            Value::Lambda(closure) if closure.lambda.missing() == 2 => {
                let frame = self.new_frame(closure, [a, b].into_iter());
                self.enter(closure, frame, Pos::NONE)
            }
            Value::Primop(call) if call.arguments.is_empty() && call.primop.arity == 2 => {
                (call.primop.run)(self, &[a, b], Pos::NONE)
            }
            function => {
                let bound = self.apply(function, a, Pos::NONE)?;
                self.apply(bound, b, Pos::NONE)
            }
        }
    }

    /// A function with more of its arguments, and not all.
    fn partial(&self, closure: &'e Closure<'e>, more: impl ExactSizeIterator<Item = Value<'e>>) -> Value<'e> {
        let mut lambda = closure.lambda;
        for _ in 0..more.len() {
            lambda = lambda.after.expect("as many are missing");
        }
        let (up, given) = given(closure);
        let slots = given.iter().map(Cell::get).chain(more).map(Cell::new);
        // A chain does not know its length.
        let mut slots = slots;
        let slots = self.bump.alloc_slice_fill_with(lambda.given, |_| slots.next().expect("as many as were given"));
        let env = self.bump.alloc(Env { up, slots });
        Value::Lambda(self.bump.alloc(Closure { lambda, env }))
    }

    fn partial_primop(&self, call: &'e PrimopCall<'e>, arguments: &[Value<'e>]) -> Value<'e> {
        let arguments = self.bump.alloc_slice_copy(arguments);
        Value::Primop(self.bump.alloc(PrimopCall { primop: call.primop, arguments }))
    }

    /// The frame of a call with all arguments: the names of a pattern stay to be bound, and hold the last argument.
    fn new_frame(&self, closure: &'e Closure<'e>, more: impl Iterator<Item = Value<'e>>) -> &'e Env<'e> {
        let (up, given) = given(closure);
        let mut values = given.iter().map(Cell::get).chain(more);
        let mut last = Value::Null;
        let slots = self.bump.alloc_slice_fill_with(closure.lambda.slots(), |_| {
            last = values.next().unwrap_or(last);
            Cell::new(last)
        });
        self.bump.alloc(Env { up, slots })
    }

    /// Evaluates the body of a function in its frame.
    fn enter(&mut self, closure: &'e Closure<'e>, frame: &'e Env<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
        if self.depth >= self.settings.max_call_depth {
            return Err(self.error(self.word_span(pos), "stack overflow; max-call-depth exceeded"));
        }
        self.depth += 1;
        let lambda = closure.lambda;
        let bound = match lambda.pattern {
            None => Ok(()),
            Some(pattern) => self.bind_pattern(lambda, pattern, frame, pos),
        };
        let result = bound.and_then(|()| self.eval(lambda.body, frame));
        self.depth -= 1;
        result
    }

    fn bind_pattern(
        &mut self,
        lambda: &'e Lambda<'e>,
        pattern: &'e Pattern<'e>,
        frame: &'e Env<'e>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        let slots = &frame.slots[lambda.leading.len() + usize::from(lambda.argument.is_some())..];
        let argument = frame.slots[lambda.leading.len()].get();
        match self.force(argument)? {
            Value::Attrs(attrs) => self.bind(lambda, pattern, attrs, slots, frame, pos),
            // Whatever it is, its attributes are unknown for the same reason.
            unknown @ Value::Unknown(_) => {
                slots.iter().for_each(|slot| slot.set(unknown));
                Ok(())
            }
            other => Err(self.type_error_at("a set", other, self.word_span(pos))),
        }
    }

    /// Binds the names of a pattern: one walk along two sorted lists.
    fn bind(
        &mut self,
        lambda: &'e Lambda<'e>,
        pattern: &'e Pattern<'e>,
        attrs: &'e Attrs<'e>,
        slots: &'e [Cell<Value<'e>>],
        env: &'e Env<'e>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        let mut given = attrs.entries().iter().peekable();
        let first = lambda.leading.len() + usize::from(lambda.argument.is_some());
        for (index, (slot, formal)) in slots.iter().zip(pattern.formals).enumerate() {
            while let Some(extra) = given.next_if(|attr| attr.name < formal.name) {
                self.refuse_extra(pattern, lambda, extra.name, pos)?;
            }
            if let Some(attr) = given.next_if(|attr| attr.name == formal.name) {
                slot.set(attr.value);
            } else if let Some(rest) = attrs.any() {
                slot.set(Value::Unknown(rest));
            } else if let Some(perhaps) = attrs.find_perhaps(formal.name) {
                let value = perhaps.value();
                slot.set(match formal.default {
                    Some(default) => self.either(perhaps.why(), value, self.delay_in_frame(default, env)),
                    // Where it is not there, the call has no value at all.
                    None => value,
                });
            } else if let Some(default) = formal.default {
                slot.set(self.delay_beside(default, env, first + index));
            } else {
                let name = self.name(formal.name);
                let function = self.name_of(lambda);
                let message = format!("function '{function}' called without required argument '{name}'");
                let error = self.error(self.word_span(pos), &message);
                error.label(self.word_span(formal.pos), "the function wants it here");
                return Err(error);
            }
        }
        for extra in given {
            self.refuse_extra(pattern, lambda, extra.name, pos)?;
        }
        Ok(())
    }

    #[cold]
    fn name_of(&self, lambda: &Lambda<'e>) -> String {
        lambda.name.get().map_or("anonymous lambda", |name| self.name(name)).to_owned()
    }

    fn refuse_extra(
        &self,
        pattern: &Pattern<'e>,
        lambda: &Lambda<'e>,
        name: Symbol,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        if pattern.ellipsis {
            return Ok(());
        }
        let (function, name) = (self.name_of(lambda), self.name(name));
        let message = format!("function '{function}' called with unexpected argument '{name}'");
        let error = self.error(self.word_span(pos), &message);
        error.label(self.word_span(lambda.pos), "the function is here");
        self.suggest_of(error, name, pattern.formals.iter().map(|formal| self.name(formal.name)));
        Err(error)
    }
}

/// What a function was made in, and what it was given.
fn given<'e>(closure: &'e Closure<'e>) -> (Option<&'e Env<'e>>, &'e [Cell<Value<'e>>]) {
    match closure.lambda.given {
        0 => (Some(closure.env), &[]),
        _ => (closure.env.up, closure.env.slots),
    }
}
