//! Bindings: the slots of a frame, filled with what `let`, `rec` and `inherit (…)` bind in it.
//!
//! What sees the others gets its cell first, and what it captures when all have theirs.

use std::cell::Cell;

use super::error::EvalResult;
use super::machine::Evaluator;
use super::value::{Closure, Frame, TaggedValue, Thunk, Value};
use crate::syntax::expr::{Bindings, Expr, NodeRef};

impl<'e> Evaluator<'e> {
    /// Fills the slots of a `let` or a `rec { … }`: one for each binding, then one for each source of an `inherit (…)`.
    ///
    /// First all get their cells, and then the cells what they capture, each other included. Where they may be
    /// `overridden`, there is one more cell before each, which can be made to stand for something else.
    pub(super) fn bind_all(&mut self, bindings: &'e Bindings<'e>, frame: &Frame<'_, 'e>, overridden: bool) {
        let first = bindings.first as usize;
        let slots = &frame.slots[first..first + bindings.entries.len() + bindings.sources.len()];
        if overridden {
            let nodes = || bindings.nodes().map(|(node, _)| node);
            slots.iter().zip(nodes()).for_each(|(slot, node)| slot.set(self.hollow(node, frame)));
            let behind: Vec<_> = slots.iter().map(Cell::get).collect();
            for (slot, value) in slots.iter().zip(&behind) {
                let stand_in = Thunk::hollow(self.bump, self.stand_in_unit);
                stand_in.stand_for(self.stand_in_unit, *value);
                slot.set(self.pack(Value::Thunk(stand_in)));
            }
            behind.into_iter().zip(nodes()).for_each(|(cell, node)| fill(cell, node, frame));
            return;
        }
        self.bind_those(slots, bindings.nodes().enumerate(), frame);
    }

    /// Fills these of the slots.
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

    /// The same of a `let` whose body needs one of the bindings at once, which sees none of the others.
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

    /// What is bound to something that is needed at once: evaluated, unless it is a variable, which has a cell already.
    #[inline]
    pub(super) fn needed(&mut self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> EvalResult<'e, TaggedValue<'e>> {
        if !matches!(node.expr, Expr::Delayed(_)) {
            return Ok(self.delay(node, frame));
        }
        let value = self.eval_now(node, frame)?;
        // Functions, lists and floats are told by their cells.
        if value.is_plain() { Ok(value) } else { Ok(self.pack(Value::Thunk(Thunk::finished(self.bump, value)))) }
    }

    /// The cell of an expression that may wait, which captured nothing yet, see [`fill`]; at once where there is no need.
    pub(super) fn hollow(&self, node: NodeRef<'e>, frame: &Frame<'_, 'e>) -> TaggedValue<'e> {
        match &node.expr {
            Expr::Delayed(unit) => self.pack(Value::Thunk(Thunk::hollow(self.bump, unit))),
            Expr::Lambda(lambda) => self.pack(Value::Lambda(Closure::hollow(self.bump, lambda))),
            _ => self.delay(node, frame),
        }
    }

    /// Fills the slots of what a set that is not recursive inherits from.
    pub(super) fn bind_sources(&self, bindings: &'e Bindings<'e>, frame: &Frame<'_, 'e>) {
        for (source, slot) in bindings.sources.iter().zip(bindings.first as usize..) {
            frame.slots[slot].set(self.delay(source, frame));
        }
    }
}

/// Gives the cell of an expression what it captures; see [`Evaluator::hollow`].
pub(super) fn fill<'e>(cell: TaggedValue<'e>, node: NodeRef<'e>, frame: &Frame<'_, 'e>) {
    match (&node.expr, cell.get()) {
        (Expr::Delayed(unit), Value::Thunk(thunk)) => {
            frame.capture(unit.captures, thunk.captured(unit));
        }
        (Expr::Lambda(lambda), Value::Lambda(closure)) => frame.capture(lambda.captures, closure.captured()),
        _ => {}
    }
}
