//! Layers: `large // small` without copying the large set.
//!
//! The result keeps both sets, the right one on top. A lookup goes through the layers. The first traversal, or many
//! lookups, merge the layers into one set, which is then kept.
//!
//! Invariants:
//! - What lies below a layer has at least [`RATIO`] times its names, and at least [`SMALL`]. So the layers are few,
//!   and adding names one by one copies each only a few times.
//! - Only sets without partial names become layers.

use std::cell::Cell;

use bumpalo::Bump;

use super::machine::Evaluator;
use super::shapes::merge_sorted;
use super::value::{Attr, Attrs};
use crate::syntax::{Key, Shape, Symbol};

/// How many times larger the set below a layer must be.
const RATIO: usize = 4;
/// With fewer names below, merging is cheaper than another lookup.
const SMALL: usize = 16;

/// A set that was updated by a smaller one.
#[derive(Debug)]
pub(super) struct Layers<'e> {
    below: &'e Attrs<'e>,
    /// The layer on top: its names win. It has no layers itself.
    above: &'e Attrs<'e>,
    /// An upper bound on the number of names.
    most: usize,
    /// All layers merged, once that paid off.
    flat: Cell<Option<&'e Attrs<'e>>>,
    /// How many lookups there were.
    lookups: Cell<usize>,
    bump: &'e Bump,
}

impl<'e> Layers<'e> {
    /// Merges the layers into one set, or returns the merged set.
    #[cold]
    #[inline(never)]
    pub(super) fn flat(&self) -> &'e Attrs<'e> {
        self.flat.get().unwrap_or_else(|| {
            let flat = self.flatten();
            self.flat.set(Some(flat));
            flat
        })
    }

    /// The merged set, if it exists already.
    pub(super) fn made_flat(&self) -> Option<&'e Attrs<'e>> {
        self.flat.get()
    }

    /// An upper bound on the number of names.
    pub(super) fn most(&self) -> usize {
        self.flat.get().map_or(self.most, Attrs::count)
    }

    /// Looks up an attribute.
    #[inline(never)]
    pub(super) fn find(&self, name: Symbol) -> Option<Attr<'e>> {
        if let Some(flat) = self.flat.get() {
            return flat.find(name);
        }
        // By now the lookups have cost as much as merging.
        self.lookups.set(self.lookups.get() + 1);
        if self.lookups.get() > self.most / 2 {
            return self.flat().find(name);
        }
        self.above.find(name).or_else(|| self.below.find(name))
    }

    fn flatten(&self) -> &'e Attrs<'e> {
        // From the smallest up: together the layers are small compared with the lowest set.
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
    /// `left // right` for sets without partial names, at least one of which is large.
    pub(super) fn update_large(&mut self, left: &'e Attrs<'e>, right: &'e Attrs<'e>) -> &'e Attrs<'e> {
        let (mut below, mut above) = (left.settled(), right.flat());
        // Merge layers that are not much larger than what goes on top of them.
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
        let layers = Layers { below, above, most, flat: Cell::new(None), lookups: Cell::new(0), bump: self.bump };
        Attrs::layered(self.bump, self.bump.alloc(layers))
    }
}
