//! Shapes that came up lately, so that sets that are made alike share theirs, and what comes of two shapes in `//`.
//!
//! Both tables forget: a shape that is not found is made anew, which costs its memory and nothing else. So an evaluation
//! whose sets are all different pays little for them.

use std::cell::Cell;
use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;

use super::machine::Evaluator;
use super::perhaps::Rest;
use super::value::{Attr, Attrs, Packed, Unknown, Value};
use crate::syntax::{Key, Shape};

/// How many places each table has.
const PLACES: usize = 1024;
/// Shapes of more names are taken to be the only ones of their kind.
const MOST_NAMES: usize = 64;

/// What comes of two shapes.
#[derive(Clone, Copy)]
struct Merged<'e> {
    left: &'e Shape<'e>,
    right: &'e Shape<'e>,
    shape: &'e Shape<'e>,
    /// Where each value comes from, once that was of use: twice its place, and one more where that is on the right.
    sources: Option<&'e [u32]>,
}

/// The tables.
pub(super) struct Shapes<'e> {
    lately: Vec<Cell<Option<&'e Shape<'e>>>>,
    merged: Vec<Option<Merged<'e>>>,
    /// For sets in the making.
    scratch: Vec<Attr<'e>>,
}

impl Default for Shapes<'_> {
    fn default() -> Self {
        Self { lately: vec![Cell::new(None); PLACES], merged: vec![None; PLACES], scratch: Vec::new() }
    }
}

fn place(hasher: &FxHasher) -> usize {
    usize::try_from(hasher.finish() % PLACES as u64).expect("it is less than there are places")
}

impl<'e> Evaluator<'e> {
    /// The shape of these names, which are sorted, each once.
    pub(super) fn shape_of(&self, keys: impl ExactSizeIterator<Item = Key> + Clone) -> &'e Shape<'e> {
        let make = || &*self.bump.alloc(Shape::new(self.bump.alloc_slice_fill_iter(keys.clone())));
        if keys.len() > MOST_NAMES {
            return make();
        }
        let mut hasher = FxHasher::default();
        keys.clone().for_each(|key| key.hash(&mut hasher));
        let lately = &self.shapes.lately[place(&hasher)];
        match lately.get() {
            Some(shape) if shape.keys().iter().copied().eq(keys.clone()) => shape,
            _ => {
                let shape = make();
                lately.set(Some(shape));
                shape
            }
        }
    }

    /// A set of sorted attributes, each name once, and what other names there may be.
    pub(super) fn attrs_rest(&self, sorted: &[Attr<'e>], rest: Option<Rest<'e>>) -> Value<'e> {
        let shape = self.shape_of(sorted.iter().map(|attr| Key { name: attr.name, pos: attr.pos }));
        let rest = rest.map(|rest| &*self.bump.alloc(rest));
        Value::Attrs(Attrs::new(self.bump, shape, sorted.iter().map(|attr| attr.value), rest))
    }

    /// `left // right` where all names of both are known.
    pub(super) fn merge(&mut self, left: &'e Attrs<'e>, right: &'e Attrs<'e>) -> Value<'e> {
        let (a, b) = (left.shape(), right.shape());
        if a.keys().len() + b.keys().len() > MOST_NAMES {
            return self.merge_anew(left, right, None);
        }
        let mut hasher = FxHasher::default();
        (std::ptr::from_ref(a), std::ptr::from_ref(b)).hash(&mut hasher);
        let place = place(&hasher);
        let known = self.shapes.merged[place].filter(|it| std::ptr::eq(it.left, a) && std::ptr::eq(it.right, b));
        let Some(known) = known else {
            let value = self.merge_anew(left, right, None);
            if let Value::Attrs(attrs) = value {
                self.shapes.merged[place] = Some(Merged { left: a, right: b, shape: attrs.shape(), sources: None });
            }
            return value;
        };
        let sources = known.sources.unwrap_or_else(|| {
            let source = |key: &Key| match (b.find(key.name), a.find(key.name)) {
                (Some(at), _) => 2 * at + 1,
                (None, at) => 2 * at.expect("each name is on one of the sides"),
            };
            let sources = known.shape.keys().iter().map(|key| u32::try_from(source(key)).expect("they are few"));
            let sources = &*self.bump.alloc_slice_fill_iter(sources);
            self.shapes.merged[place] = Some(Merged { sources: Some(sources), ..known });
            sources
        });
        let sides = [left.values(), right.values()];
        let values = sources.iter().map(|source| sides[*source as usize & 1][*source as usize >> 1]);
        Value::Attrs(Attrs::new(self.bump, known.shape, values, None))
    }

    /// The same by comparing their names; more of them may be there for a reason that is not known.
    pub(super) fn merge_anew(
        &mut self,
        left: &Attrs<'e>,
        right: &Attrs<'e>,
        rest: Option<&'e Unknown>,
    ) -> Value<'e> {
        let mut merged = std::mem::take(&mut self.shapes.scratch);
        merge(left.entries(), right.entries(), &mut merged);
        let value = self.attrs_of(&merged, rest);
        merged.clear();
        self.shapes.scratch = merged;
        value
    }

    /// The same with another value for each name on the left.
    pub(super) fn merge_hidden(
        &self,
        left: &Attrs<'e>,
        right: &Attrs<'e>,
        hidden: Packed<'e>,
        rest: Rest<'e>,
    ) -> Value<'e> {
        let mut merged = Vec::new();
        merge(left.entries().map(|attr| Attr { value: hidden, ..attr }), right.entries(), &mut merged);
        self.attrs_rest(&merged, Some(rest))
    }

    /// The places of the attributes in the byte order of their names.
    pub(super) fn order(&self, attrs: &Attrs<'e>) -> &'e [u32] {
        attrs.shape().order(|keys| {
            let order =
                self.bump.alloc_slice_fill_iter(0..u32::try_from(keys.len()).expect("there is no memory for more"));
            order.sort_unstable_by_key(|at| self.name(keys[*at as usize].name));
            order
        })
    }
}

/// Two sorted lists in one; the right one wins.
fn merge<'e>(
    left: impl ExactSizeIterator<Item = Attr<'e>>,
    right: impl ExactSizeIterator<Item = Attr<'e>>,
    merged: &mut Vec<Attr<'e>>,
) {
    merged.reserve(left.len() + right.len());
    let mut left = left.peekable();
    for attr in right {
        while let Some(before) = left.next_if(|before| before.name < attr.name) {
            merged.push(before);
        }
        left.next_if(|same| same.name == attr.name);
        merged.push(attr);
    }
    merged.extend(left);
}
