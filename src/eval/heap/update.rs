//! Shapes of sets, and `//`.

use std::hash::Hash as _;

use rustc_hash::FxHasher;

use super::Heap;
use super::shapes::{MOST_NAMES, Merged, entry_of};
use crate::code::{Key, Shape};
use crate::eval::repr::{Layers, RATIO, SMALL, merge_sorted};
use crate::eval::value::{Attr, Attrs, OpenAttrs, OptionalAttr, TaggedValue, Unknown, Value};

impl<'e> Heap<'e> {
    /// The shape with these names, which must be sorted and unique.
    pub(in crate::eval) fn shape_of(&self, keys: impl ExactSizeIterator<Item = Key> + Clone) -> &'e Shape<'e> {
        let make = || &*self.bump.alloc(Shape::new(self.bump.alloc_slice_fill_iter(keys.clone())));
        if keys.len() > MOST_NAMES {
            return make();
        }
        let mut hasher = FxHasher::default();
        keys.clone().for_each(|key| key.hash(&mut hasher));
        let recent = &self.shapes.recent[entry_of(&hasher)];
        match recent.get() {
            Some(shape) if shape.keys().iter().copied().eq(keys.clone()) => shape,
            _ => {
                let shape = make();
                recent.set(Some(shape));
                shape
            }
        }
    }

    /// A set of sorted attributes with unique names, and possibly partial names.
    pub(in crate::eval) fn attrs_rest(&self, sorted: &[Attr<'e>], rest: Option<OpenAttrs<'e>>) -> Value<'e> {
        Value::Attrs(self.set_of(sorted, rest))
    }

    fn set_of(&self, sorted: &[Attr<'e>], rest: Option<OpenAttrs<'e>>) -> &'e Attrs<'e> {
        let shape = self.shape_of(sorted.iter().map(|attr| Key { name: attr.name, pos: attr.pos }));
        let rest = rest.map(|rest| &*self.bump.alloc(rest));
        Attrs::new(self.bump, shape, sorted.iter().map(|attr| attr.value), rest)
    }

    /// `left // right` for sets without partial names.
    #[inline]
    pub(in crate::eval) fn merge(&self, left: &'e Attrs<'e>, right: &'e Attrs<'e>) -> Value<'e> {
        Value::Attrs(self.merged(left, right))
    }

    /// Like [`Self::merge`], but returns the set.
    #[inline]
    pub(in crate::eval) fn merged(&self, left: &'e Attrs<'e>, right: &'e Attrs<'e>) -> &'e Attrs<'e> {
        if left.layers().is_some() || right.layers().is_some() {
            return self.update_large(left, right);
        }
        let (a, b) = (left.shape(), right.shape());
        if a.keys().len() + b.keys().len() > MOST_NAMES {
            return self.update_large(left, right);
        }
        let mut hasher = FxHasher::default();
        (std::ptr::from_ref(a), std::ptr::from_ref(b)).hash(&mut hasher);
        let entry = entry_of(&hasher);
        let known =
            self.shapes.merged[entry].get().filter(|it| std::ptr::eq(it.left, a) && std::ptr::eq(it.right, b));
        let Some(known) = known else {
            let merged = self.merge_anew(left, right, None);
            self.shapes.merged[entry].set(Some(Merged { left: a, right: b, shape: merged.shape(), sources: None }));
            return merged;
        };
        let sources = known.sources.unwrap_or_else(|| {
            let source = |key: &Key| match (b.find(key.name), a.find(key.name)) {
                (Some(at), _) => 2 * at + 1,
                (None, at) => 2 * at.expect("each name is on one of the sides"),
            };
            let sources = known.shape.keys().iter().map(|key| u32::try_from(source(key)).expect("they are few"));
            let sources = &*self.bump.alloc_slice_fill_iter(sources);
            self.shapes.merged[entry].set(Some(Merged { sources: Some(sources), ..known }));
            sources
        });
        let sides = [left.values(), right.values()];
        let values = sources.iter().map(|source| sides[*source as usize & 1][*source as usize >> 1]);
        Attrs::new(self.bump, known.shape, values, None)
    }

    /// Computes `left // right` by comparing names; `rest` is a reason why there may be further ones.
    pub(in crate::eval) fn merge_anew(
        &self,
        left: &Attrs<'e>,
        right: &Attrs<'e>,
        rest: Option<&'e Unknown>,
    ) -> &'e Attrs<'e> {
        let mut merged = self.shapes.scratch.take();
        merge_sorted(left.entries(), right.entries(), &mut merged);
        let set = self.set_of(&merged, rest.map(OpenAttrs::any));
        merged.clear();
        self.shapes.scratch.replace(merged);
        set
    }

    /// Computes `left // right` with `hidden` in place of each value on the left.
    pub(in crate::eval) fn merge_hidden(
        &self,
        left: &Attrs<'e>,
        right: &Attrs<'e>,
        hidden: TaggedValue<'e>,
        rest: OpenAttrs<'e>,
    ) -> Value<'e> {
        let mut merged = Vec::new();
        merge_sorted(left.entries().map(|attr| Attr { value: hidden, ..attr }), right.entries(), &mut merged);
        self.attrs_rest(&merged, Some(rest))
    }

    /// The indexes of the attributes in the byte order of their names.
    pub(in crate::eval) fn order(&self, attrs: &Attrs<'e>) -> &'e [u32] {
        attrs.shape().order(|keys| {
            let names: Vec<_> = keys.iter().map(|key| self.symbols.text(key.name).as_bytes()).collect();
            self.bump.alloc_slice_fill_iter(indexes_in_order(&names))
        })
    }

    /// `left // right` for sets without partial names, at least one of which is large.
    pub(in crate::eval) fn update_large(&self, left: &'e Attrs<'e>, right: &'e Attrs<'e>) -> &'e Attrs<'e> {
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
        Attrs::layered(self.bump, self.bump.alloc(Layers::new(self.bump, below, above)))
    }

    /// An update by a set that may redefine any name: only the names it certainly defines stay known.
    pub(in crate::eval) fn open_update(&self, left: &Attrs<'e>, right: &Attrs<'e>, rest: &'e Unknown) -> Value<'e> {
        let unknown = self.pack(Value::Unknown(rest));
        let is_of_right =
            |one: &&OptionalAttr<'e>| left.find(one.name()).is_none() && left.find_optional(one.name()).is_none();
        let names: Vec<_> = right.optional().iter().filter(is_of_right).copied().collect();
        self.merge_hidden(left, right, unknown, OpenAttrs { names: self.alloc_slice(&names), any: Some(rest) })
    }
}

/// The indexes of these names in their byte order.
fn indexes_in_order(names: &[&[u8]]) -> impl ExactSizeIterator<Item = u32> + use<> {
    // A common prefix carries no information. Usually the eight bytes after it decide, compared as a number.
    let first = names.first().copied().unwrap_or_default();
    let common = names.iter().fold(first.len(), |common, name| {
        let same = |(a, b): &(&u8, &u8)| a == b;
        first[..common].iter().zip(*name).take_while(same).count()
    });
    let head = |name: &[u8]| {
        let tail = &name[common..];
        let mut head = [0; 8];
        let length = tail.len().min(head.len());
        head[..length].copy_from_slice(&tail[..length]);
        u64::from_be_bytes(head)
    };
    let mut heads: Vec<_> = names.iter().zip(0_u32..).map(|(name, at)| (head(name), at)).collect();
    heads.sort_unstable();
    for same in heads.chunk_by_mut(|(a, _), (b, _)| a == b) {
        same.sort_unstable_by_key(|(_, at)| names[*at as usize]);
    }
    heads.into_iter().map(|(_, at)| at)
}
