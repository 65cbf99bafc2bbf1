//! Calls functions written in Nix, built-in functions, and sets that act as functions.
//!
//! A call with all arguments makes a single frame on the stack, even for a curried function; what outlives the call
//! has copied what it needs. With fewer arguments, the resulting closure holds them.

use std::cell::Cell;

use super::bind::fill;
use super::error::{EvalError, EvalResult};
use super::evaluator::Evaluator;
use super::heap::Heap;
use super::native::Suspend;
use super::value::{Attrs, Closure, Frame, PrimopCall, TaggedValue, Thunk, Value, settle};
use crate::code::Symbol;
use crate::code::expr::{Expr, Lambda, Node, NodeRef, Pattern};
use crate::source::{Pos, Span};

/// No built-in function takes more arguments.
const MOST_ARGUMENTS: usize = 4;

impl<'e> Evaluator<'e> {
    /// Calls a function with the values of `nodes`. An unknown value is returned as an error of that kind.
    pub(super) fn call_nodes(
        &mut self,
        mut function: TaggedValue<'e>,
        mut nodes: &'e [NodeRef<'e>],
        frame: &Frame<'_, 'e>,
        call: &'e Node<'e>,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let pos = call.span.start;
        loop {
            let result = match function.get() {
                Value::Lambda(closure) => {
                    let missing = closure.lambda.missing();
                    if nodes.len() < missing {
                        let more = nodes.iter().map(|node| self.delay(node, frame));
                        return Ok(self.heap.pack(self.heap.partial(closure, more)));
                    }
                    let (now, later) = nodes.split_at(missing);
                    nodes = later;
                    let given = closure.lambda.given;
                    self.enter(closure, pos, |ev, slots| {
                        let needed = match *closure.lambda.needed {
                            [] => None,
                            [needed] => (needed as usize).checked_sub(given),
                            _ => return ev.fill_needed(closure, slots, now, frame),
                        };
                        if let Some(at) = needed {
                            slots[at].set(ev.needed(now[at], frame)?);
                        }
                        for (at, (slot, node)) in slots.iter().zip(now).enumerate() {
                            if needed != Some(at) {
                                slot.set(ev.delay(node, frame));
                            }
                        }
                        Ok(())
                    })
                }
                Value::Primop(primop) => {
                    let missing = primop.primop.arity - primop.arguments.len();
                    if nodes.len() < missing {
                        let more = nodes.iter().map(|node| self.delay(node, frame).get());
                        let arguments: Vec<_> = primop.arguments.iter().copied().chain(more).collect();
                        return Ok(self.heap.pack(self.heap.partial_primop(primop, &arguments)));
                    }
                    let (now, later) = nodes.split_at(missing);
                    nodes = later;
                    self.call_primop(primop, now, frame, pos)
                }
                other => {
                    let argument = self.delay(nodes[0], frame);
                    nodes = &nodes[1..];
                    self.apply(other, argument.get(), pos).map(|value| self.heap.pack(value))
                }
            };
            function = match result {
                Ok(function) => function,
                Err(error) => {
                    self.report.trace_call(&self.heap, error, function.get(), call);
                    return Err(error);
                }
            };
            if nodes.is_empty() {
                return Ok(function);
            }
        }
    }

    /// Fills the slots of arguments, if the function needs several of them first.
    #[inline(never)]
    fn fill_needed(
        &mut self,
        closure: &'e Closure<'e>,
        slots: &[Cell<TaggedValue<'e>>],
        nodes: &'e [NodeRef<'e>],
        frame: &Frame<'_, 'e>,
    ) -> EvalResult<'e, ()> {
        let (needed, given) = (closure.lambda.needed, closure.lambda.given);
        // Evaluate each before the next; the body itself starts by evaluating the last.
        for (argument, left) in needed.iter().zip((0..needed.len()).rev()) {
            let cell = match (*argument as usize).checked_sub(given) {
                Some(at) => {
                    let cell = self.needed(nodes[at], frame)?;
                    slots[at].set(cell);
                    cell
                }
                None => closure.given()[*argument as usize].get(),
            };
            if left > 0 {
                self.evaluated(cell)?;
            }
        }
        for (at, node) in (given..).zip(nodes) {
            if !needed.iter().any(|argument| *argument as usize == at) {
                slots[at - given].set(self.delay(node, frame));
            }
        }
        Ok(())
    }

    /// Calls a built-in function with its last arguments, and evaluates its strict ones in place.
    fn call_primop(
        &mut self,
        call: &'e PrimopCall<'e>,
        nodes: &'e [NodeRef<'e>],
        frame: &Frame<'_, 'e>,
        pos: Pos,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let mut arguments = [Value::Null; MOST_ARGUMENTS];
        let given = call.arguments.len();
        arguments[..given].copy_from_slice(call.arguments);
        for (at, node) in (given..).zip(nodes) {
            arguments[at] = match (call.primop.strict >> at) & 1 {
                0 => self.delay(node, frame).get(),
                _ => self.eval_now(node, frame)?.get(),
            };
        }
        let result = self.run_primop(call, &arguments[..call.primop.arity], pos);
        result.map(|value| self.heap.pack(value))
    }

    /// Calls a function with one argument. An unknown value is returned as an error of that kind.
    pub(super) fn apply(
        &mut self,
        function: Value<'e>,
        argument: Value<'e>,
        pos: Pos,
    ) -> EvalResult<'e, Value<'e>> {
        match self.force(function)? {
            Value::Lambda(closure) => {
                self.call_with(closure, &[self.heap.pack(argument)], pos).map(TaggedValue::get)
            }
            Value::Primop(call) => {
                let primop = call.primop;
                let given = call.arguments.len();
                if given + 1 == primop.arity {
                    if given == 0 {
                        return self.run_primop(call, &[argument], pos);
                    }
                    let mut arguments = [Value::Null; MOST_ARGUMENTS];
                    arguments[..given].copy_from_slice(call.arguments);
                    arguments[given] = argument;
                    return self.run_primop(call, &arguments[..primop.arity], pos);
                }
                let arguments: Vec<_> = call.arguments.iter().copied().chain([argument]).collect();
                Ok(self.heap.partial_primop(call, &arguments))
            }
            set @ Value::Attrs(attrs) if attrs.get(self.heap.common.functor).is_some() => {
                let functor = attrs.get(self.heap.common.functor).expect("asked for just now");
                self.deeper(Span::at(pos), |ev| {
                    let bound = ev.apply(functor, set, pos)?;
                    ev.apply(bound, argument, pos)
                })
            }
            Value::Unknown(unknown) => {
                Err(self.report.unknown_error(self.heap.unknown_at(unknown, self.report.word_span(pos))))
            }
            other => {
                let what = self.report.describe(&self.heap, other);
                let message = format!("attempt to call something which is not a function but {what}");
                Err(self.report.error(self.report.word_span(pos), &message))
            }
        }
    }

    /// Calls a function written in Nix with these arguments, which may be too few or too many.
    pub(super) fn call_with(
        &mut self,
        closure: &'e Closure<'e>,
        arguments: &[TaggedValue<'e>],
        pos: Pos,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let missing = closure.lambda.missing();
        if arguments.len() < missing {
            return Ok(self.heap.pack(self.heap.partial(closure, arguments.iter().copied())));
        }
        let (now, later) = arguments.split_at(missing);
        let mut result = self.enter(closure, pos, |_, slots| {
            for (slot, argument) in slots.iter().zip(now) {
                slot.set(*argument);
            }
            Ok(())
        })?;
        for argument in later {
            result = self.apply(result.get(), argument.get(), pos).map(|value| self.heap.pack(value))?;
        }
        Ok(result)
    }

    /// Calls a function with one argument, from native code: an unknown value is returned as a value.
    ///
    /// # Errors
    ///
    /// Fails if the call does.
    pub fn call(&mut self, function: Value<'e>, argument: Value<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
        let result = self.apply(function, argument, pos);
        settle(result)
    }

    /// Calls a function with two arguments.
    pub(super) fn call2(&mut self, function: Value<'e>, a: Value<'e>, b: Value<'e>) -> EvalResult<'e, Value<'e>> {
        match self.force(function)? {
            Value::Lambda(closure) => {
                self.call_with(closure, &[self.heap.pack(a), self.heap.pack(b)], Pos::NONE).map(TaggedValue::get)
            }
            Value::Primop(call) if call.arguments.is_empty() && call.primop.arity == 2 => {
                self.run_primop(call, &[a, b], Pos::NONE)
            }
            function => {
                let bound = self.apply(function, a, Pos::NONE)?;
                self.apply(bound, b, Pos::NONE)
            }
        }
    }

    /// Evaluates a function's body in a frame with all arguments; `fill` stores the last ones in their slots.
    #[inline]
    fn enter(
        &mut self,
        closure: &'e Closure<'e>,
        pos: Pos,
        fill: impl FnOnce(&mut Self, &[Cell<TaggedValue<'e>>]) -> EvalResult<'e, ()>,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        match closure.lambda.slots {
            0..=4 => self.enter_with::<4>(closure, pos, fill),
            5..=8 => self.enter_with::<8>(closure, pos, fill),
            9..=24 => self.enter_with::<24>(closure, pos, fill),
            slots => {
                let slots = self.heap.bump.alloc_slice_fill_with(slots as usize, |_| Cell::new(TaggedValue::NULL));
                self.enter_frame(closure, pos, slots, fill)
            }
        }
    }

    #[inline(never)]
    fn enter_with<const SLOTS: usize>(
        &mut self,
        closure: &'e Closure<'e>,
        pos: Pos,
        fill: impl FnOnce(&mut Self, &[Cell<TaggedValue<'e>>]) -> EvalResult<'e, ()>,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let slots = [const { Cell::new(TaggedValue::NULL) }; SLOTS];
        self.enter_frame(closure, pos, &slots, fill)
    }

    #[inline]
    fn enter_frame(
        &mut self,
        closure: &'e Closure<'e>,
        pos: Pos,
        slots: &[Cell<TaggedValue<'e>>],
        fill: impl FnOnce(&mut Self, &[Cell<TaggedValue<'e>>]) -> EvalResult<'e, ()>,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let lambda = closure.lambda;
        if self.limits.depth >= self.settings.max_call_depth {
            return Err(self.too_deep(pos));
        }
        let given = lambda.given;
        if given > 0 {
            for (slot, value) in slots.iter().zip(closure.given()) {
                slot.set(value.get());
            }
        }
        self.limits.tick(lambda.body.span)?;
        let frame = &Frame { slots, captured: closure.captured() };
        self.limits.depth += 1;
        let result = match fill(self, &slots[given..]) {
            Err(error) => Err(error),
            Ok(()) => match lambda.pattern {
                None => self.eval(lambda.body, frame),
                Some(pattern) => match self.bind_pattern(lambda, pattern, frame, pos) {
                    Ok(()) => self.eval(lambda.body, frame),
                    Err(error) => Err(error),
                },
            },
        };
        self.limits.depth -= 1;
        result
    }

    #[cold]
    fn too_deep(&self, pos: Pos) -> EvalError<'e> {
        self.report.error(self.report.word_span(pos), "stack overflow; max-call-depth exceeded")
    }

    fn bind_pattern(
        &mut self,
        lambda: &'e Lambda<'e>,
        pattern: &'e Pattern<'e>,
        frame: &Frame<'_, 'e>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        let argument = lambda.leading.len();
        let first = argument + usize::from(lambda.argument.is_some());
        let slots = &frame.slots[first..first + pattern.formals.len()];
        match self.force_packed(frame.slots[argument].get())? {
            Value::Attrs(attrs) => self.bind(lambda, pattern, attrs, slots, frame, pos),
            // The attributes of an unknown argument are unknown for the same reason.
            unknown @ Value::Unknown(_) => {
                slots.iter().for_each(|slot| slot.set(self.heap.pack(unknown)));
                Ok(())
            }
            other => Err(self.report.type_error_at(&self.heap, "a set", other, self.report.word_span(pos))),
        }
    }

    /// Binds the names of a pattern by walking two sorted lists in parallel.
    fn bind(
        &mut self,
        lambda: &'e Lambda<'e>,
        pattern: &'e Pattern<'e>,
        attrs: &'e Attrs<'e>,
        slots: &[Cell<TaggedValue<'e>>],
        frame: &Frame<'_, 'e>,
        pos: Pos,
    ) -> EvalResult<'e, ()> {
        let mut given = attrs.entries().peekable();
        // Defaults may capture each other and every other name bound here.
        let mut defaults = Vec::new();
        // Report missing arguments before unexpected ones.
        let mut extra = None;
        for (slot, formal) in slots.iter().zip(pattern.formals) {
            while let Some(attr) = given.next_if(|attr| attr.name < formal.name) {
                extra = extra.or(Some(attr.name));
            }
            if let Some(attr) = given.next_if(|attr| attr.name == formal.name) {
                slot.set(attr.value);
            } else if let Some(optional) = attrs.find_optional(formal.name) {
                let value = optional.value();
                let value = match formal.default {
                    Some(default) => {
                        let cell = self.hollow(default, frame);
                        defaults.push((cell, default));
                        self.heap.either(optional.why(), value, cell.get())
                    }
                    // If the attribute is missing, the call fails anyway.
                    None => value,
                };
                slot.set(self.heap.pack(value));
            } else if let Some(rest) = attrs.any() {
                slot.set(self.heap.pack(Value::Unknown(rest)));
            } else if let Some(default) = formal.default {
                let cell = self.hollow(default, frame);
                slot.set(cell);
                if matches!(default.expr, Expr::Delayed(_) | Expr::Lambda(_)) {
                    defaults.push((cell, default));
                }
            } else {
                let name = self.heap.name(formal.name);
                let function = name_of(&self.heap, lambda);
                let message = format!("function '{function}' called without required argument '{name}'");
                let error = self.report.error(self.report.word_span(pos), &message);
                error.label(self.report.word_span(formal.pos), "the function expects it here");
                return Err(error);
            }
        }
        if !pattern.ellipsis
            && let Some(extra) = extra.or_else(|| given.next().map(|attr| attr.name))
        {
            return Err(refuse_extra(self, pattern, lambda, extra, pos));
        }
        for (cell, default) in defaults {
            fill(cell, default, frame);
        }
        Ok(())
    }
}

#[cold]
fn name_of<'e>(heap: &Heap<'e>, lambda: &Lambda<'e>) -> String {
    lambda.name.get().map_or("anonymous lambda", |name| heap.name(name)).to_owned()
}

#[cold]
fn refuse_extra<'e>(
    ev: &Evaluator<'e>,
    pattern: &Pattern<'e>,
    lambda: &Lambda<'e>,
    name: Symbol,
    pos: Pos,
) -> EvalError<'e> {
    let (function, name) = (name_of(&ev.heap, lambda), ev.heap.name(name));
    let message = format!("function '{function}' called with unexpected argument '{name}'");
    let error = ev.report.error(ev.report.word_span(pos), &message);
    error.label(ev.report.word_span(lambda.pos), "the function is here");
    error.suggest(name, pattern.formals.iter().map(|formal| ev.heap.name(formal.name)));
    error
}
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

impl<'e> Heap<'e> {
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
        self.pack(match function {
            Value::Lambda(closure) => Value::Thunk(Thunk::call_on(self.bump, closure, name, value)),
            _ => self.suspend(Call2 { function, arguments: [self.name_value(name), value.get()] }),
        })
    }

    /// A closure with more arguments applied, but not all.
    fn partial(&self, closure: &'e Closure<'e>, more: impl ExactSizeIterator<Item = TaggedValue<'e>>) -> Value<'e> {
        let mut lambda = closure.lambda;
        for _ in 0..more.len() {
            lambda = lambda.after.expect("as many are missing");
        }
        let partial = Closure::hollow(self.bump, lambda);
        let words = closure.words().iter().map(Cell::get).chain(more);
        for (cell, word) in partial.words().iter().zip(words) {
            cell.set(word);
        }
        Value::Lambda(partial)
    }

    fn partial_primop(&self, call: &'e PrimopCall<'e>, arguments: &[Value<'e>]) -> Value<'e> {
        let arguments = self.bump.alloc_slice_copy(arguments);
        Value::Primop(self.bump.alloc(PrimopCall { arguments, ..*call }))
    }
}
