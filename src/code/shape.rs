//! The names of sets, stored once for all sets that the same code creates.

use std::cell::Cell;

use super::symbol::Symbol;
use crate::source::Pos;

/// A name in a set, and where it is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The name.
    pub name: Symbol,
    /// Where its attribute path begins in the text.
    pub pos: Pos,
}

/// The names of a set: sorted by symbol, without duplicates.
#[derive(Debug)]
pub struct Shape<'e> {
    keys: &'e [Key],
    /// The indexes of the names in byte order; computed on demand.
    order: Cell<Option<&'e [u32]>>,
    /// The shape with the same names but no positions; computed on demand.
    without_positions: Cell<Option<&'e Shape<'e>>>,
}

impl<'e> Shape<'e> {
    /// A shape with these names, which must be sorted by symbol and unique.
    pub fn new(keys: &'e [Key]) -> Self {
        debug_assert!(keys.is_sorted_by(|a, b| a.name < b.name));
        Self { keys, order: Cell::new(None), without_positions: Cell::new(None) }
    }

    /// Its names.
    #[inline]
    pub fn keys(&self) -> &'e [Key] {
        self.keys
    }

    /// The index of a name.
    pub fn find(&self, name: Symbol) -> Option<usize> {
        self.keys.binary_search_by_key(&name, |key| key.name).ok()
    }

    /// The shape with the same names but no positions; calls `make` the first time.
    pub fn without_positions(&self, make: impl FnOnce(&'e [Key]) -> &'e Self) -> &'e Self {
        match self.without_positions.get() {
            Some(without_positions) => without_positions,
            None => {
                let without_positions = make(self.keys);
                self.without_positions.set(Some(without_positions));
                without_positions
            }
        }
    }

    /// The indexes of the names in byte order; calls `sort` the first time.
    pub fn order(&self, sort: impl FnOnce(&'e [Key]) -> &'e [u32]) -> &'e [u32] {
        match self.order.get() {
            Some(order) => order,
            None => {
                let order = sort(self.keys);
                self.order.set(Some(order));
                order
            }
        }
    }
}

/// Where a select last found its name: the next set often has the same shape.
#[derive(Debug, Default)]
pub struct InlineCache {
    /// Identifies that shape.
    pub shape: Cell<usize>,
    /// The index of the name in it.
    pub at: Cell<u32>,
}
