//! Caches of recent shapes, so that similar sets share one, and of the shapes that `//` produces.
//!
//! Both tables overwrite old entries: a shape that is missing is made again, which costs its memory and nothing else.
//! So an evaluation whose sets all differ pays little for them.

use std::cell::{Cell, RefCell};
use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use crate::code::Shape;
use crate::eval::repr::Attr;

/// The number of entries in each table.
const ENTRIES: usize = 1024;

/// Shapes with more names are assumed to be unique.
pub(super) const MOST_NAMES: usize = 64;

/// The shape that `//` makes of two shapes.
#[derive(Clone, Copy)]
pub(super) struct Merged<'e> {
    pub(super) left: &'e Shape<'e>,
    pub(super) right: &'e Shape<'e>,
    pub(super) shape: &'e Shape<'e>,
    /// Where each value comes from, computed on the second use: twice its index, plus one if it is on the right.
    pub(super) sources: Option<&'e [u32]>,
}

/// The tables.
pub(super) struct Shapes<'e> {
    pub(super) recent: Vec<Cell<Option<&'e Shape<'e>>>>,
    pub(super) merged: Vec<Cell<Option<Merged<'e>>>>,
    /// Scratch space for sets under construction.
    pub(super) scratch: RefCell<Vec<Attr<'e>>>,
}

impl Default for Shapes<'_> {
    fn default() -> Self {
        Self {
            recent: vec![Cell::new(None); ENTRIES],
            merged: vec![Cell::new(None); ENTRIES],
            scratch: RefCell::default(),
        }
    }
}

pub(super) fn entry_of(hasher: &FxHasher) -> usize {
    usize::try_from(hasher.finish() % ENTRIES as u64).expect("it is less than the number of entries")
}
