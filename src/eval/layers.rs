//! Layers: `large // small` without a copy of the large set.
//!
//! Such an update keeps both sides, the right one above the left one. Whoever asks for a name looks through the layers; who
//! walks along the names, or asks very often, gets one set made of them, which is kept.
//!
//! Invariants:
//! - A layer lies on one of [`RATIO`] times its names, and of [`SMALL`] at least: so there are few of them, and what is added
//!   one by one is copied a few times only.
//! - Only sets whose names are all known become layers.

use std::cell::Cell;

use bumpalo::Bump;

use super::machine::Evaluator;
use super::shapes::merge_sorted;
use super::value::{Attr, Attrs};
use crate::syntax::{Key, Shape, Symbol};

/// How many times larger what lies below a layer is.
const RATIO: usize = 4;
/// Layers of fewer names are not worth a lookup of their own.
const SMALL: usize = 16;

/// A set that is another one, updated by a smaller one.
#[derive(Debug)]
pub(super) struct Layers<'e> {
    below: &'e Attrs<'e>,
    /// Its names count first; it has no layers itself.
    above: &'e Attrs<'e>,
    /// There are not more names than this.
    most: usize,
    /// All in one, once that was of use.
    flat: Cell<Option<&'e Attrs<'e>>>,
    /// How often a name was looked for.
    asked: Cell<usize>,
    bump: &'e Bump,
}

impl<'e> Layers<'e> {
    /// The same as one set without layers.
    #[cold]
    #[inline(never)]
    pub(super) fn flat(&self) -> &'e Attrs<'e> {
        self.flat.get().unwrap_or_else(|| {
            let flat = self.flatten();
            self.flat.set(Some(flat));
            flat
        })
    }

    /// The same where it was made already.
    pub(super) fn made_flat(&self) -> Option<&'e Attrs<'e>> {
        self.flat.get()
    }

    /// There are not more names than this.
    pub(super) fn most(&self) -> usize {
        self.flat.get().map_or(self.most, Attrs::count)
    }

    /// The attribute of a name.
    #[inline(never)]
    pub(super) fn find(&self, name: Symbol) -> Option<Attr<'e>> {
        if let Some(flat) = self.flat.get() {
            return flat.find(name);
        }
        // Once that costs as much as one set would have.
        self.asked.set(self.asked.get() + 1);
        if self.asked.get() > self.most / 2 {
            return self.flat().find(name);
        }
        self.above.find(name).or_else(|| self.below.find(name))
    }

    fn flatten(&self) -> &'e Attrs<'e> {
        // The smallest first: all together they are little beside the lowest.
        let (mut above, mut merged): (Vec<_>, _) = (self.above.entries().collect(), Vec::new());
        let mut below = self.below.settled();
        while let Some(layers) = below.layers() {
            merged.clear();
            merge_sorted(layers.above.entries(), above.iter().copied(), &mut merged);
            std::mem::swap(&mut above, &mut merged);
            below = layers.below.settled();
        }
        merged.clear();
        merge_sorted(below.entries(), above.into_iter(), &mut merged);
        let keys = merged.iter().map(|attr| Key { name: attr.name, pos: attr.pos });
        let shape = self.bump.alloc(Shape::new(self.bump.alloc_slice_fill_iter(keys)));
        Attrs::new(self.bump, shape, merged.iter().map(|attr| attr.value), None)
    }
}

impl<'e> Evaluator<'e> {
    /// `left // right` of sets whose names are all known, and not few.
    pub(super) fn update_large(&mut self, left: &'e Attrs<'e>, right: &'e Attrs<'e>) -> &'e Attrs<'e> {
        let (mut below, mut above) = (left.settled(), right.flat());
        // What is not much larger than what comes upon it becomes one with that.
        while let Some(layers) = below.layers() {
            if layers.above.count() >= SMALL.max(RATIO * above.count()) {
                break;
            }
            above = self.merged(layers.above, above).flat();
            below = layers.below.settled();
        }
        if below.most() < SMALL.max(RATIO * above.count()) {
            return self.merge_anew(below.flat(), above, None);
        }
        let most = below.most() + above.count();
        let layers = Layers { below, above, most, flat: Cell::new(None), asked: Cell::new(0), bump: self.bump };
        Attrs::layered(self.bump, self.bump.alloc(layers))
    }
}
