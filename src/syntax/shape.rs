//! The names of sets. Sets that are made by the same code have the same, which is written down once.

use std::cell::Cell;

use super::symbol::Symbol;
use crate::source::Pos;

/// A name of a set, and where it is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The name.
    pub name: Symbol,
    /// Where its attribute path begins.
    pub pos: Pos,
}

/// The names of a set: sorted by symbol, each once.
#[derive(Debug)]
pub struct Shape<'e> {
    keys: &'e [Key],
    /// Their places in the byte order of the names, once somebody asked.
    order: Cell<Option<&'e [u32]>>,
    /// The shape of the same names that are bound nowhere, once somebody asked.
    unplaced: Cell<Option<&'e Shape<'e>>>,
}

impl<'e> Shape<'e> {
    /// `keys` are sorted by name and have each name once.
    pub fn new(keys: &'e [Key]) -> Self {
        debug_assert!(keys.is_sorted_by(|a, b| a.name < b.name));
        Self { keys, order: Cell::new(None), unplaced: Cell::new(None) }
    }

    /// Its names.
    #[inline]
    pub fn keys(&self) -> &'e [Key] {
        self.keys
    }

    /// Where a name is among them.
    pub fn find(&self, name: Symbol) -> Option<usize> {
        self.keys.binary_search_by_key(&name, |key| key.name).ok()
    }

    /// The shape of the same names that are bound nowhere; `make` tells it the first time.
    pub fn unplaced(&self, make: impl FnOnce(&'e [Key]) -> &'e Self) -> &'e Self {
        match self.unplaced.get() {
            Some(unplaced) => unplaced,
            None => {
                let unplaced = make(self.keys);
                self.unplaced.set(Some(unplaced));
                unplaced
            }
        }
    }

    /// Their places in the byte order of the names; `sort` tells it the first time.
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

/// Where a name was found last: the next set that is asked for it often has the same shape.
#[derive(Debug, Default)]
pub struct InlineCache {
    /// What tells that shape.
    pub shape: Cell<usize>,
    /// Where the name was.
    pub at: Cell<u32>,
}
