//! Fills the slots of a frame with what `let`, `rec` and `inherit (…)` bind.
//!
//! Recursive bindings all get their cells first; their captures are filled in afterwards.

use std::cell::Cell;

use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::value::{Closure, Frame, TaggedValue, Thunk, Value};
use crate::code::expr::{Bindings, Expr, NodeRef};

impl<'e> Evaluator<'e> {
    /// Fills the slots of a `let` or a `rec { … }`: one for each binding, then one for each source of an `inherit
    /// (…)`.
    ///
    /// Allocates all cells before filling in their captures, because they may capture each other. With `overridden`
    /// there is an additional cell in front of each, which `__overrides` can redirect.
    pub(super) fn bind_all(&mut self, bindings: &'e Bindings<'e>, frame: &Frame<'_, 'e>, overridden: bool) {
        let first = bindings.first as usize;
        let slots = &frame.slots[first..first + bindings.entries.len() + bindings.sources.len()];
        if overridden {
            let nodes = || bindings.nodes().map(|(node, _)| node);
            slots.iter().zip(nodes()).for_each(|(slot, node)| slot.set(self.hollow(node, frame)));
            let behind: Vec<_> = slots.iter().map(Cell::get).collect();
            for (slot, value) in slots.iter().zip(&behind) {
                let stand_in = Thunk::hollow(self.heap.bump, self.heap.forward);
                stand_in.stand_for(self.heap.forward, *value);
                slot.set(self.heap.pack(Value::Thunk(stand_in)));
            }
            behind.into_iter().zip(nodes()).for_each(|(cell, node)| fill(cell, node, frame));
            return;
        }
        self.bind_those(slots, bindings.nodes().enumerate(), frame);
    }

    /// Fills some of the slots.
    #[inline]
    fn bind_those(
        &self,
        slots: &[Cell<TaggedValue<'e>>],
        those: impl Iterator<Item = (usize, (NodeRef<'e>, bool))> + Clone,
        frame: &Frame<'_, 'e>,
    ) {
        for (at, (node, alone)) in those.clone() {
            slots[at].set(if alone { self.delay(node, frame) } else { self.hollow(node, frame) });
        }
        for (at, (node, _)) in those.filter(|(_, (_, alone))| !alone) {
            fill(slots[at].get(), node, frame);
        }
    }

    /// Like [`Self::bind_all`], for a `let` whose body needs binding `first` at once; it uses none of the others.
    pub(super) fn bind_rest(
        &mut self,
        bindings: &'e Bindings<'e>,
        first: u32,
        frame: &Frame<'_, 'e>,
    ) -> EvalResult<'e, ()> {
        let value = self.needed(bindings.entries[first as usize].value.node(), frame)?;
        let start = bindings.first as usize;
        let slots = &frame.slots[start..start + bindings.entries.len() + bindings.sources.len()];
        slots[first as usize].set(value);
        self.bind_those(slots, bindings.nodes().enumerate().filter(|(at, _)| *at != first as usize), frame);
        Ok(())
    }

    /// Binds a name to an expression that is needed at once. Evaluates it, unless it is a variable and already has a
    /// cell.
    #[inline]
    pub(super) fn needed(&mut self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, TaggedValue<'e>> {
        if !matches!(node.expr, Expr::Delayed(_)) {
            return Ok(self.delay(node, frame));
        }
        let value = self.eval_now(node, frame)?;
        // Functions, lists and floats need a cell: it is their identity.
        if value.is_plain() {
            Ok(value)
        } else {
            Ok(self.heap.pack(Value::Thunk(Thunk::finished(self.heap.bump, value))))
        }
    }

    /// Allocates the cell of a lazy expression without its captures (see [`fill`]); evaluates it at once if it need
    /// not be lazy.
    pub(super) fn hollow(&self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> TaggedValue<'e> {
        match &node.expr {
            Expr::Delayed(unit) => self.heap.pack(Value::Thunk(Thunk::hollow(self.heap.bump, unit))),
            Expr::Lambda(lambda) => self.heap.pack(Value::Lambda(Closure::hollow(self.heap.bump, lambda))),
            _ => self.delay(node, frame),
        }
    }

    /// Fills the slots of the sources that a non-recursive set inherits from.
    pub(super) fn bind_sources(&self, bindings: &'e Bindings<'e>, frame: &Frame<'_, 'e>) {
        for (source, slot) in bindings.sources.iter().zip(bindings.first as usize..) {
            frame.slots[slot].set(self.delay(source, frame));
        }
    }
}

/// Fills in the captures of a cell that [`Evaluator::hollow`] allocated.
pub(super) fn fill<'e>(cell: TaggedValue<'e>, node: NodeRef<'e>, frame: &Frame<'_, 'e>) {
    match (&node.expr, cell.get()) {
        (Expr::Delayed(_), Value::Thunk(thunk)) => {
            if let Some(code) = thunk.waiting() {
                frame.capture(code.unit().captures, code.captured());
            }
        }
        (Expr::Lambda(lambda), Value::Lambda(closure)) => frame.capture(lambda.captures, closure.captured()),
        _ => {}
    }
}
