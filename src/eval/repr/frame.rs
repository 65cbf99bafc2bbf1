//! The frame of running code.

use std::cell::Cell;

use super::tagged::TaggedValue;
use crate::code::expr::Variable;

/// The variables of running code: the slots of its unit, and its captures.
#[derive(Debug, Clone, Copy)]
pub(in crate::eval) struct Frame<'f, 'e> {
    pub(in crate::eval) slots: &'f [Cell<TaggedValue<'e>>],
    pub(in crate::eval) captured: &'f [Cell<TaggedValue<'e>>],
}

impl<'f, 'e> Frame<'f, 'e> {
    /// The cell of a variable.
    #[inline]
    pub(in crate::eval) fn cell(&self, variable: Variable) -> &'f Cell<TaggedValue<'e>> {
        match variable {
            Variable::Slot(slot) => &self.slots[slot as usize],
            Variable::Captured(at) => &self.captured[at as usize],
        }
    }

    /// Copies the captured variables `variables` into cells.
    #[inline]
    pub(in crate::eval) fn capture(&self, variables: &[Variable], into: &[Cell<TaggedValue<'e>>]) {
        for (cell, variable) in into.iter().zip(variables) {
            cell.set(self.cell(*variable).get());
        }
    }
}
