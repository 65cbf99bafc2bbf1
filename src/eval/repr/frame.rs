//! The frame of running code.

use std::cell::Cell;

use super::tagged::TaggedValue;
use crate::syntax::expr::Place;

/// The variables of running code: the slots of its unit, and its captures.
#[derive(Debug, Clone, Copy)]
pub(in crate::eval) struct Frame<'f, 'e> {
    pub(in crate::eval) slots: &'f [Cell<TaggedValue<'e>>],
    pub(in crate::eval) captured: &'f [Cell<TaggedValue<'e>>],
}

impl<'f, 'e> Frame<'f, 'e> {
    /// The cell of a variable.
    #[inline]
    pub(in crate::eval) fn cell(&self, place: Place) -> &'f Cell<TaggedValue<'e>> {
        match place {
            Place::Slot(slot) => &self.slots[slot as usize],
            Place::Captured(at) => &self.captured[at as usize],
        }
    }

    /// Copies the captured variables `places` into cells.
    #[inline]
    pub(in crate::eval) fn capture(&self, places: &[Place], into: &[Cell<TaggedValue<'e>>]) {
        for (cell, place) in into.iter().zip(places) {
            cell.set(self.cell(*place).get());
        }
    }
}
