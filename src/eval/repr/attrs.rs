//! Attribute sets: a shape with its values, or layers of sets.
//!
//! `large // small` does not copy the large set: the result keeps both sets as layers, the right one on top. A lookup
//! goes through the layers. The first traversal, or many lookups, merge the layers into one set, which is then kept.
//!
//! Invariants:
//! - What lies below a layer has at least [`RATIO`] times its names, and at least [`SMALL`]. So the layers are few,
//!   and adding names one by one copies each only a few times.
//! - Only sets without partial names become layers.

use std::alloc::Layout;
use std::cell::Cell;

use bumpalo::Bump;

use super::tagged::{TaggedValue, address};
use crate::code::{InlineCache, Key, Shape, Symbol};
use crate::eval::unknown::Unknown;
use crate::source::Pos;

/// Set if a word before the values holds the partial names.
const OPEN: usize = 1;
/// Set if the word points to layers instead of a shape; no values follow it then.
const LAYERED: usize = 2;

/// An attribute set.
#[repr(C)]
pub struct Attrs<'e> {
    word: usize,
    words: [Cell<TaggedValue<'e>>; 0],
}

impl std::fmt::Debug for Attrs<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub(in crate::eval) struct Attr<'e> {
    pub(in crate::eval) name: Symbol,
    pub(in crate::eval) pos: Pos,
    pub(in crate::eval) value: TaggedValue<'e>,
}

/// An attribute that may be missing.
#[derive(Debug, Clone, Copy)]
pub struct OptionalAttr<'e> {
    pub(in crate::eval) attr: Attr<'e>,
    pub(in crate::eval) why: &'e Unknown,
}

impl<'e> OptionalAttr<'e> {
    /// Its name.
    pub fn name(&self) -> Symbol {
        self.attr.name
    }

    /// Where it is defined.
    pub fn pos(&self) -> Pos {
        self.attr.pos
    }

    /// The unknown value that decides whether it exists.
    pub fn why(&self) -> &'e Unknown {
        self.why
    }
}

/// Which names a set may have besides the certain ones.
#[derive(Debug, Clone, Copy)]
pub(in crate::eval) struct OpenAttrs<'e> {
    /// The optional attributes, sorted; disjoint from the certain ones.
    pub(in crate::eval) names: &'e [OptionalAttr<'e>],
    /// Why it may have any other name; `None` if it cannot.
    pub(in crate::eval) any: Option<&'e Unknown>,
}

impl<'e> OpenAttrs<'e> {
    /// Any names at all.
    pub(in crate::eval) fn any(why: &'e Unknown) -> Self {
        Self { names: &[], any: Some(why) }
    }
}

impl<'e> Attrs<'e> {
    /// A set with this shape, one value for each of its names, and possibly partial names.
    #[inline]
    pub(in crate::eval) fn new(
        bump: &'e Bump,
        shape: &'e Shape<'e>,
        mut values: impl Iterator<Item = TaggedValue<'e>>,
        rest: Option<&'e OpenAttrs<'e>>,
    ) -> &'e Self {
        let (count, open) = (shape.keys().len(), usize::from(rest.is_some()));
        let layout = Layout::array::<usize>(1 + open + count).expect("there is no memory for as many");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: 1 + open + count words are allocated, and each is written before anything reads it. `Attrs` is one
        // word, `repr(C)`. The provenance of every pointer was exposed.
        unsafe {
            start.write(address(shape) | if open == 0 { 0 } else { OPEN });
            if let Some(rest) = rest {
                start.add(1).write(address(rest));
            }
            for at in 1 + open..1 + open + count {
                start.add(at).write(values.next().expect("there are as many values as names").bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// A set made of layers.
    pub(in crate::eval) fn layered(bump: &'e Bump, layers: &'e Layers<'e>) -> &'e Self {
        bump.alloc(Self { word: address(layers) | LAYERED, words: [] })
    }

    /// Its layers, if it has any.
    #[inline]
    pub(in crate::eval) fn layers(&self) -> Option<&'e Layers<'e>> {
        // SAFETY: if the bit is set, the word was made from such a reference, which lives for `'e`.
        (self.word & LAYERED != 0).then(|| unsafe { &*std::ptr::with_exposed_provenance(self.word & !LAYERED) })
    }

    /// Its names.
    #[inline]
    pub(in crate::eval) fn shape(&self) -> &'e Shape<'e> {
        match self.layers() {
            // SAFETY: it has no layers.
            None => unsafe { self.own_shape() },
            // SAFETY: the result of `flat` has no layers.
            Some(layers) => unsafe { layers.flat().own_shape() },
        }
    }

    /// # Safety
    /// It must not have layers.
    #[inline]
    unsafe fn own_shape(&self) -> &'e Shape<'e> {
        debug_assert!(self.word & LAYERED == 0);
        // SAFETY: without layers, the word was made from a reference to a shape, which lives for `'e`.
        unsafe { &*std::ptr::with_exposed_provenance(self.word & !OPEN) }
    }

    /// The partial names.
    #[inline]
    pub(in crate::eval) fn open(&self) -> Option<&'e OpenAttrs<'e>> {
        let rest = std::ptr::from_ref(&self.words).addr();
        // SAFETY: if the bit is set, the next word was made from such a reference.
        (self.word & OPEN != 0).then(|| unsafe { &**std::ptr::with_exposed_provenance::<&'e OpenAttrs<'e>>(rest) })
    }

    /// Its values, in the order of its names.
    #[inline]
    pub(in crate::eval) fn values(&self) -> &'e [TaggedValue<'e>] {
        match self.layers() {
            // SAFETY: it has no layers.
            None => unsafe { self.own_values() },
            // SAFETY: the result of `flat` has no layers.
            Some(layers) => unsafe { layers.flat().own_values() },
        }
    }

    /// # Safety
    /// It must not have layers.
    #[inline]
    unsafe fn own_values(&self) -> &'e [TaggedValue<'e>] {
        let start = std::ptr::from_ref(&self.words).addr() + (self.word & OPEN) * size_of::<usize>();
        // SAFETY: one value for each name was allocated there contiguously, and written. Their provenance was exposed,
        // and they are never written again.
        unsafe {
            std::slice::from_raw_parts(std::ptr::with_exposed_provenance(start), self.own_shape().keys().len())
        }
    }

    /// The value of a name; tries first where the cache last found it.
    #[inline]
    pub(in crate::eval) fn get_again(&self, name: Symbol, hint: &InlineCache) -> Option<TaggedValue<'e>> {
        if hint.shape.get() == self.word {
            // SAFETY: only the code below fills a cache, and never from a set with layers.
            return unsafe { self.own_values() }.get(hint.at.get() as usize).copied();
        }
        self.get_anew(name, hint)
    }

    #[inline(never)]
    fn get_anew(&self, name: Symbol, hint: &InlineCache) -> Option<TaggedValue<'e>> {
        if let Some(layers) = self.layers() {
            return match layers.made_flat() {
                Some(flat) => flat.get_again(name, hint),
                None => layers.find(name).map(|attr| attr.value),
            };
        }
        let (shape, last) = (self.shape(), hint.at.get() as usize);
        let at = match shape.keys().get(last) {
            Some(key) if key.name == name => last,
            _ => shape.find(name)?,
        };
        hint.at.set(u32::try_from(at).ok()?);
        hint.shape.set(self.word);
        Some(self.values()[at])
    }

    /// How many attributes it certainly has.
    pub(in crate::eval) fn count(&self) -> usize {
        self.shape().keys().len()
    }

    /// An upper bound on [`Self::count`] that does not merge layers.
    pub(in crate::eval) fn most(&self) -> usize {
        self.layers().map_or_else(|| self.count(), Layers::most)
    }

    /// Whether it certainly has no attributes.
    pub(in crate::eval) fn is_empty(&self) -> bool {
        self.layers().is_none() && self.count() == 0 && self.open().is_none()
    }

    /// The set without layers; merges them if necessary.
    pub(in crate::eval) fn flat(&'e self) -> &'e Self {
        self.layers().map_or(self, Layers::flat)
    }

    /// The set without layers if they have been merged, otherwise the set as it is.
    pub(in crate::eval) fn settled(&'e self) -> &'e Self {
        self.layers().and_then(Layers::made_flat).unwrap_or(self)
    }

    /// The attributes, sorted by symbol.
    pub(in crate::eval) fn entries(&self) -> impl ExactSizeIterator<Item = Attr<'e>> + Clone + use<'e> {
        let keys = self.shape().keys().iter();
        keys.zip(self.values()).map(|(key, value)| Attr { name: key.name, pos: key.pos, value: *value })
    }

    /// The attribute at an index.
    #[inline]
    pub(in crate::eval) fn attr(&self, at: usize) -> Attr<'e> {
        let key = self.shape().keys()[at];
        Attr { name: key.name, pos: key.pos, value: self.values()[at] }
    }

    pub(in crate::eval) fn find(&self, name: Symbol) -> Option<Attr<'e>> {
        match self.layers() {
            Some(layers) => layers.find(name),
            None => self.shape().find(name).map(|at| self.attr(at)),
        }
    }

    /// The position of an attribute.
    pub fn position(&self, name: Symbol) -> Option<Pos> {
        self.find(name).map(|attr| attr.pos).filter(|pos| pos.is_some())
    }

    /// Why the set may have further names; `None` if it is complete.
    pub fn rest(&self) -> Option<&'e Unknown> {
        let rest = self.open()?;
        rest.any.or_else(|| rest.names.first().map(|optional| optional.why))
    }

    /// The optional attributes, sorted by symbol.
    pub fn optional(&self) -> &'e [OptionalAttr<'e>] {
        self.open().map_or(&[], |rest| rest.names)
    }

    /// Why the set may have names besides the certain and the optional ones; `None` if it has none.
    pub fn any(&self) -> Option<&'e Unknown> {
        self.open()?.any
    }

    pub(in crate::eval) fn find_optional(&self, name: Symbol) -> Option<&'e OptionalAttr<'e>> {
        let names = self.optional();
        let at = names.binary_search_by_key(&name, |optional| optional.attr.name).ok()?;
        Some(&names[at])
    }

    /// Why a name that is not certain may exist; `None` if it does not.
    pub fn maybe(&self, name: Symbol) -> Option<&'e Unknown> {
        let any = self.open()?.any;
        self.find_optional(name).map(|optional| optional.why).or(any)
    }
}

/// How many times larger the set below a layer must be.
pub(in crate::eval) const RATIO: usize = 4;

/// With fewer names below, merging is cheaper than another lookup.
pub(in crate::eval) const SMALL: usize = 16;

/// A set that was updated by a smaller one.
#[derive(Debug)]
pub(in crate::eval) struct Layers<'e> {
    pub(in crate::eval) below: &'e Attrs<'e>,
    /// The layer on top: its names win. It has no layers itself.
    pub(in crate::eval) above: &'e Attrs<'e>,
    /// An upper bound on the number of names.
    pub(in crate::eval) most: usize,
    /// All layers merged, once that paid off.
    flat: Cell<Option<&'e Attrs<'e>>>,
    /// How many lookups there were.
    lookups: Cell<usize>,
    bump: &'e Bump,
}

impl<'e> Layers<'e> {
    /// `below` updated by `above`.
    pub(in crate::eval) fn new(bump: &'e Bump, below: &'e Attrs<'e>, above: &'e Attrs<'e>) -> Self {
        let most = below.most() + above.count();
        Self { below, above, most, flat: Cell::new(None), lookups: Cell::new(0), bump }
    }

    /// Merges the layers into one set, or returns the merged set.
    #[cold]
    #[inline(never)]
    pub(in crate::eval) fn flat(&self) -> &'e Attrs<'e> {
        self.flat.get().unwrap_or_else(|| {
            let flat = self.flatten();
            self.flat.set(Some(flat));
            flat
        })
    }

    /// The merged set, if it exists already.
    pub(in crate::eval) fn made_flat(&self) -> Option<&'e Attrs<'e>> {
        self.flat.get()
    }

    /// An upper bound on the number of names.
    pub(in crate::eval) fn most(&self) -> usize {
        self.flat.get().map_or(self.most, Attrs::count)
    }

    /// Looks up an attribute.
    #[inline(never)]
    pub(in crate::eval) fn find(&self, name: Symbol) -> Option<Attr<'e>> {
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

/// Merges two sorted lists of attributes; the right one wins.
pub(in crate::eval) fn merge_sorted<'e>(
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

const _: () = assert!(size_of::<Attr<'_>>() == 16);
