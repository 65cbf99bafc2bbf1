//! Evaluates expressions to values, and forces thunks.
//!
//! Invariants:
//! - [`Evaluator::eval`] returns a value in weak head normal form, never a thunk.
//! - A strict operation that meets an unknown value returns an [`EvalError`] of kind `Unknown`; the enclosing thunk,
//!   or the call from native code, becomes that unknown value. So operations need no code for unknown operands, and
//!   none mistakes one for a known value.

use super::native;
use std::cell::Cell;

use super::assertion::failed_assertion;
use super::coerce::Coercion;
use super::error::{EvalError, EvalResult};
use super::evaluator::Evaluator;
use super::heap::Heap;
use super::repr::Running;
use super::text::Text;
use super::value::{Closure, Frame, State, TaggedValue, Thunk, Unknown, Value};
use crate::code::Symbol;
use crate::code::expr::{Expr, NodeRef, Part, Unit, Variable};
use crate::source::{Pos, Span};

/// How much capacity of a finished text to keep for the next one.
const MOST_ROOM: usize = 1 << 12;

impl<'e> Evaluator<'e> {
    /// Evaluates a value to its outermost constructor, never a thunk.
    ///
    /// # Errors
    ///
    /// Fails if the evaluation does.
    #[inline]
    pub fn force(&mut self, value: Value<'e>) -> EvalResult<'e, Value<'e>> {
        match value {
            Value::Thunk(thunk) => self.force_thunk(thunk).map(|value| certain(value.get())),
            value => Ok(certain(value)),
        }
    }

    /// [`Self::force`] for a stored value.
    #[inline]
    pub(super) fn force_packed(&mut self, value: TaggedValue<'e>) -> EvalResult<'e, Value<'e>> {
        self.evaluated(value).map(|value| certain(value.get()))
    }

    /// Forces a stored value and keeps it packed; partial lists stay partial. Inside the evaluator results are one
    /// word, which fits into a register.
    #[inline]
    pub(super) fn evaluated(&mut self, value: TaggedValue<'e>) -> EvalResult<'e, TaggedValue<'e>> {
        match value.thunk() {
            Some(thunk) => self.force_thunk(thunk),
            None => Ok(value),
        }
    }

    #[inline]
    pub(super) fn force_thunk(&mut self, thunk: &'e Thunk<'e>) -> EvalResult<'e, TaggedValue<'e>> {
        match thunk.done() {
            Some(value) => Ok(value),
            None => self.run_thunk(thunk),
        }
    }

    #[inline(never)]
    fn run_thunk(&mut self, thunk: &'e Thunk<'e>) -> EvalResult<'e, TaggedValue<'e>> {
        let Some(code) = thunk.waiting() else { return self.run_other(thunk) };
        let (unit, running) = (code.unit(), thunk.run());
        let result = self
            .limits
            .tick(unit.body.span)
            .and_then(|()| self.run(unit, code.captured()))
            .inspect_err(|error| self.report.locate(*error, unit.body.span));
        self.ended(thunk, result, running)
    }

    /// Runs a thunk that is not plain code.
    #[inline(never)]
    fn run_other(&mut self, thunk: &'e Thunk<'e>) -> EvalResult<'e, TaggedValue<'e>> {
        let state = match thunk.state() {
            State::Done(value) => return Ok(value),
            State::Failed(error, length) => return Err(error.met_again(length)),
            State::Code(_) => return self.run_thunk(thunk),
            State::Running => return Err(self.report.circular()),
            state => state,
        };
        let running = thunk.run();
        let result = match state {
            State::CallOn(closure, name, value) => {
                let name = self.heap.name_value(name);
                self.call_with(closure, &[self.heap.pack(name), value], Pos::NONE)
            }
            State::Call(function, argument) => {
                let result = self.limits.check_stack(Span::NONE);
                result
                    .and_then(|()| self.apply(function.get(), argument.get(), Pos::NONE))
                    .map(|value| self.heap.pack(value))
            }
            State::Native(code) => {
                let result = self.limits.check_stack(Span::NONE);
                result
                    .and_then(|()| native::code(code).resume(self))
                    .and_then(|value| self.force_partial(value))
                    .map(|value| self.heap.pack(value))
            }
            State::Done(_) | State::Failed(..) | State::Code(_) | State::Running => {
                unreachable!("these states were handled above")
            }
        };
        self.ended(thunk, result, running)
    }

    /// Records the result of a thunk.
    #[inline]
    fn ended(
        &mut self,
        thunk: &'e Thunk<'e>,
        result: EvalResult<'e, TaggedValue<'e>>,
        running: Running<'e>,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        match result {
            Ok(value) => {
                if value.is_boxed() {
                    self.provenance.note_origin(&self.heap, thunk, value, &running);
                }
                running.finish(value);
                Ok(value)
            }
            Err(error) => self.end_thunk(thunk, error, running),
        }
    }

    #[cold]
    fn end_thunk(
        &mut self,
        thunk: &'e Thunk<'e>,
        error: EvalError<'e>,
        running: Running<'e>,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let result = settled(&self.heap, error);
        match result {
            Ok(value) => {
                self.provenance.note_origin(&self.heap, thunk, value, &running);
                running.finish(value);
            }
            Err(error) if self.speculation.may_keep(error) => running.fail(error),
            // Nix may get here in a way that does not fail.
            Err(_) => running.rewind(),
        }
        result
    }

    /// Runs a unit of code with its captures.
    #[inline]
    pub(super) fn run(
        &mut self,
        unit: &'e Unit<'e>,
        captured: &[Cell<TaggedValue<'e>>],
    ) -> EvalResult<'e, TaggedValue<'e>> {
        match unit.slots {
            0 => self.eval(unit.body, &Frame { slots: &[], captured }),
            1..=4 => self.run_with::<4>(unit, captured),
            5..=16 => self.run_with::<16>(unit, captured),
            _ => self.run_large(unit, captured),
        }
    }

    #[inline(never)]
    fn run_with<const SLOTS: usize>(
        &mut self,
        unit: &'e Unit<'e>,
        captured: &[Cell<TaggedValue<'e>>],
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let slots = [const { Cell::new(TaggedValue::NULL) }; SLOTS];
        self.eval(unit.body, &Frame { slots: &slots, captured })
    }

    #[inline(never)]
    fn run_large(
        &mut self,
        unit: &'e Unit<'e>,
        captured: &[Cell<TaggedValue<'e>>],
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let slots = self.heap.bump.alloc_slice_fill_with(unit.slots as usize, |_| Cell::new(TaggedValue::NULL));
        self.eval(unit.body, &Frame { slots, captured })
    }

    /// Evaluates an expression to weak head normal form.
    #[inline]
    pub(super) fn eval(&mut self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, TaggedValue<'e>> {
        match node.expr {
            Expr::Slot(slot) => self.variable(&frame.slots[slot as usize]),
            Expr::Captured(at) => self.variable(&frame.captured[at as usize]),
            _ => self.eval_node(node, frame),
        }
    }

    #[inline]
    fn variable(&mut self, cell: &Cell<TaggedValue<'e>>) -> EvalResult<'e, TaggedValue<'e>> {
        let packed = cell.get();
        match packed.thunk() {
            Some(thunk) => {
                let value = self.force_thunk(thunk)?;
                // Functions, lists and floats keep their cell: it is their identity.
                if value.is_plain() {
                    cell.set(value);
                }
                Ok(value)
            }
            None => Ok(packed),
        }
    }

    #[inline(never)]
    fn eval_node(&mut self, mut node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, TaggedValue<'e>> {
        self.limits.check_stack(node.span)?;
        loop {
            return match &node.expr {
                Expr::Slot(slot) => self.variable(&frame.slots[*slot as usize]),
                Expr::Captured(at) => self.variable(&frame.captured[*at as usize]),
                Expr::Int(value) => Ok(self.heap.pack(Value::Int(*value))),
                Expr::Float(_) | Expr::Str(_) | Expr::Path(_) => Ok(self.constant(node)),
                Expr::Global(index) => {
                    let value = self.globals.values[*index as usize];
                    self.evaluated(value)
                }
                Expr::With { name, namespaces } => self.lookup_with(*name, namespaces, frame, node.span),
                Expr::Delayed(_) => self.eval_now(node, frame),
                Expr::Select { base, path, default } => {
                    match self.select_path(base, path, default.is_some(), frame, node.span)? {
                        Some(value) => Ok(value),
                        None => {
                            node = default.expect("only a select with a default gives nothing");
                            continue;
                        }
                    }
                }
                Expr::HasAttr { base, path } => Ok(TaggedValue::bool(self.has_attr(base, path, frame)?)),
                Expr::Apply { function, arguments } => {
                    let function = self.eval(function, frame)?;
                    self.call_nodes(function, arguments, frame, node)
                }
                Expr::Lambda(lambda) => {
                    Ok(self.heap.pack(Value::Lambda(Closure::new(self.heap.bump, lambda, frame))))
                }
                Expr::Let { bindings, body, first: Some(first) } => {
                    self.bind_rest(bindings, *first, frame)?;
                    node = body;
                    continue;
                }
                Expr::Let { bindings, body, first: None } => {
                    self.bind_all(bindings, frame, false);
                    node = body;
                    continue;
                }
                Expr::List(items) => Ok(self.make_list(items, frame)),
                Expr::If(condition, then, otherwise) => {
                    node = match self.decided(condition, frame)? {
                        Ok(true) => then,
                        Ok(false) => otherwise,
                        Err(why) => return self.eval_both(why, [then, otherwise], frame),
                    };
                    continue;
                }
                Expr::Assert(condition, body) => {
                    // An unknown condition counts as true: if it is false, evaluation fails anyway.
                    if self.decided(condition, frame)? == Ok(false) {
                        return Err(failed_assertion(self, condition, frame, node.span));
                    }
                    node = body;
                    continue;
                }
                Expr::WithIn { namespace, slot, body } => {
                    frame.slots[*slot as usize].set(self.delay(namespace, frame));
                    node = body;
                    continue;
                }
                Expr::Not(operand) => Ok(TaggedValue::bool(!self.eval_bool(operand, frame)?)),
                Expr::Binary(operator, left, right) => self.binary(*operator, left, right, frame, node.span),
                Expr::Attrs(attrs) => self.eval_attrs(attrs, frame),
                Expr::Interpolated(_)
                | Expr::InterpolatedPath(_)
                | Expr::SearchPath(_)
                | Expr::Negate(_)
                | Expr::CurPos => self.eval_seldom(node, frame),
            };
        }
    }

    #[inline(never)]
    fn eval_seldom(&mut self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, TaggedValue<'e>> {
        let value = match &node.expr {
            Expr::Interpolated(parts) => self.interpolate(parts, frame),
            Expr::InterpolatedPath(parts) => self.interpolate_path(parts, frame, node.span),
            Expr::SearchPath(name) => self.find_in_search_path(name, node.span),
            Expr::Negate(operand) => self.negate(operand, frame),
            _ => Ok(self.report.position_value(&self.heap, node.span.start)),
        };
        value.map(|value| self.heap.pack(value))
    }

    #[inline(never)]
    fn make_list(&mut self, items: &'e [NodeRef<'e>], frame: &Frame<'_, 'e>) -> TaggedValue<'e> {
        let items = self.heap.bump.alloc_slice_fill_iter(items.iter().map(|item| self.delay(item, frame)));
        self.heap.pack(self.heap.list_of(items))
    }

    /// What two branches have in common if the condition is unknown.
    #[cold]
    fn eval_both(
        &mut self,
        why: &'e Unknown,
        [then, otherwise]: [NodeRef<'e>; 2],
        frame: &Frame<'_, 'e>,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let value = self.one_of(
            why,
            |ev| ev.eval(then, frame).map(TaggedValue::get),
            |ev| ev.eval(otherwise, frame).map(TaggedValue::get),
        )?;
        Ok(self.heap.pack(value))
    }

    /// Makes a value lazy; evaluates it at once if that cannot fail and costs nothing.
    #[inline]
    pub(super) fn delay(&self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> TaggedValue<'e> {
        match &node.expr {
            Expr::Slot(slot) => frame.slots[*slot as usize].get(),
            Expr::Captured(at) => frame.captured[*at as usize].get(),
            Expr::Delayed(unit) => self.heap.pack(Value::Thunk(Thunk::code(self.heap.bump, unit, frame))),
            Expr::Lambda(lambda) => self.heap.pack(Value::Lambda(Closure::new(self.heap.bump, lambda, frame))),
            _ => self.constant(node),
        }
    }

    #[inline]
    fn constant(&self, node: NodeRef<'e>) -> TaggedValue<'e> {
        match &node.expr {
            Expr::Global(index) => self.globals.values[*index as usize],
            Expr::Str(text) => self.heap.pack(Value::String(text)),
            Expr::Int(value) => self.heap.pack(Value::Int(*value)),
            Expr::Float(value) => self.heap.pack(Value::Float(*value)),
            Expr::Path(path) => self.heap.pack(Value::Path(path)),
            Expr::List([]) => self.heap.pack(self.heap.list_of(&[])),
            _ => unreachable!("all else that may wait was made a unit"),
        }
    }

    /// Evaluates a lazy expression that is needed now: the result of its thunk without allocating one.
    #[inline(never)]
    pub(super) fn eval_now(&mut self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, TaggedValue<'e>> {
        let Expr::Delayed(unit) = &node.expr else { return self.eval(node, frame) };
        let count = unit.captures.len();
        let result = if count <= 8 {
            let captured = [const { Cell::new(TaggedValue::NULL) }; 8];
            frame.capture(unit.captures, &captured);
            self.limits.tick(node.span).and_then(|()| self.run(unit, &captured[..count]))
        } else {
            let thunk = Thunk::code(self.heap.bump, unit, frame);
            return self.force_thunk(thunk);
        };
        match result {
            Ok(value) => Ok(value),
            Err(error) => {
                self.report.locate(error, unit.body.span);
                settled(&self.heap, error)
            }
        }
    }

    fn lookup_with(
        &mut self,
        name: Symbol,
        namespaces: &'e [Variable],
        frame: &Frame<'_, 'e>,
        span: Span,
    ) -> EvalResult<'e, TaggedValue<'e>> {
        let mut beyond = None;
        for namespace in namespaces {
            match self.variable(frame.cell(*namespace))?.get() {
                Value::Attrs(attrs) => {
                    if let Some(attr) = attrs.find(name) {
                        return self.evaluated(attr.value);
                    }
                    // The name may be in this set or in an outer one.
                    if let Some(rest) = attrs.maybe(name) {
                        if rest.is_beyond() {
                            beyond = beyond.or(Some(rest));
                            continue;
                        }
                        return Err(self.report.unknown_error(self.heap.unknown_at(rest, span)));
                    }
                }
                Value::Unknown(unknown) => {
                    return Err(self.report.unknown_error(self.heap.unknown_at(unknown, span)));
                }
                other => return Err(self.report.type_error_at(&self.heap, "a set", other, span)),
            }
        }
        if let Some(rest) = beyond {
            return Err(self.report.unknown_error(self.heap.unknown_at(rest, span)));
        }
        let name = self.heap.name(name);
        Err(self.report.error(span, &format!("undefined variable '{name}'")))
    }

    #[inline]
    pub(super) fn eval_bool(&mut self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, bool> {
        let value = self.eval(node, frame)?;
        match value.truth() {
            Some(value) => Ok(value),
            None => Err(self.report.type_error_at(&self.heap, "a Boolean", value.get(), node.span)),
        }
    }

    /// The value of a condition, or the unknown value that it depends on.
    #[inline]
    pub(super) fn decided(
        &mut self,
        node: NodeRef<'e>,
        frame: &Frame<'_, 'e>,
    ) -> EvalResult<'e, Result<bool, &'e Unknown>> {
        let result = self.eval(node, frame);
        match result.as_ref().ok().and_then(|value| value.truth()) {
            Some(value) => Ok(Ok(value)),
            None => self.undecided(result, node.span),
        }
    }

    #[cold]
    fn undecided(
        &mut self,
        condition: EvalResult<'e, TaggedValue<'e>>,
        span: Span,
    ) -> EvalResult<'e, Result<bool, &'e Unknown>> {
        match condition {
            Ok(value) => match value.get() {
                Value::Unknown(unknown) => Ok(Err(self.heap.unknown_at(unknown, span))),
                other => Err(self.report.type_error_at(&self.heap, "a Boolean", other, span)),
            },
            Err(error) => error.unknown().map(Err).ok_or(error),
        }
    }

    fn interpolate(&mut self, parts: &'e [Part<'e>], frame: &Frame<'_, 'e>) -> EvalResult<'e, Value<'e>> {
        if let [Part::Value(first), rest @ ..] = parts {
            let value = self.eval(first, frame)?.get();
            if let Value::String(front) = value {
                let back = self.joined(rest, Coercion::INTERPOLATION, frame)?;
                return self.appended(front, &back, first.span);
            }
            let mut text = Text::default();
            self.coerce_to_string(value, Coercion::INTERPOLATION, &mut text, first.span)?;
            let rest = self.joined(rest, Coercion::INTERPOLATION, frame)?;
            text.push(&rest.bytes);
            text.context = self.heap.merge_contexts(text.context, rest.context);
            return Ok(self.heap.finish(&text));
        }
        let mut text = self.joined(parts, Coercion::INTERPOLATION, frame)?;
        let made = self.heap.finish(&text);
        if text.bytes.capacity() <= MOST_ROOM {
            text.bytes.clear();
            self.text_buffer = text.bytes;
        }
        Ok(made)
    }

    fn joined(&mut self, parts: &'e [Part<'e>], how: Coercion, frame: &Frame<'_, 'e>) -> EvalResult<'e, Text<'e>> {
        let mut joined = Text { bytes: std::mem::take(&mut self.text_buffer), ..Text::default() };
        for part in parts {
            match part {
                Part::Text(text) => joined.push(text),
                Part::Value(node) => {
                    let value = self.eval(node, frame)?.get();
                    self.coerce_to_string(value, how, &mut joined, node.span)?;
                }
            }
        }
        Ok(joined)
    }

    fn interpolate_path(
        &mut self,
        parts: &'e [Part<'e>],
        frame: &Frame<'_, 'e>,
        span: Span,
    ) -> EvalResult<'e, Value<'e>> {
        let text = self.joined(parts, Coercion::PLAIN, frame)?;
        self.path_of_text(&text, span)
    }
}

/// Turns a partial list into an unknown value, for callers that do not handle partial lists.
#[inline]
fn certain<'e>(value: Value<'e>) -> Value<'e> {
    match value {
        Value::PartialList(partial) => Value::Unknown(partial.why()),
        value => value,
    }
}

/// [`settle`](super::value::settle) for a stored value.
fn settled<'e>(heap: &Heap<'e>, error: EvalError<'e>) -> EvalResult<'e, TaggedValue<'e>> {
    error.unknown().map(|unknown| heap.pack(Value::Unknown(unknown))).ok_or(error)
}
