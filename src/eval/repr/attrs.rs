//! Attribute sets: a shape with its values, or layers of sets.

use std::alloc::Layout;
use std::cell::Cell;

use bumpalo::Bump;

use super::{TaggedValue, address};
use crate::eval::layers::Layers;
use crate::eval::partial::OpenAttrs;
use crate::syntax::{InlineCache, Shape, Symbol};

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
}
