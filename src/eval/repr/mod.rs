//! The memory layout of values: one word each, with captures stored directly after thunks and closures.
//!
//! A [`TaggedValue`] is a [`Value`] in one word: an address with a tag in its low bits, or a small number. A [`Thunk`]
//! is a word that says what to do, followed by the words that this needs; the result replaces the first of them. A
//! [`Closure`] is its code followed by its captures. [`Attrs`] are a shape followed by one value for each name, or
//! layers of such sets.
//!
//! All unsafe code of the evaluator is in this directory and in `append`. It relies on this:
//! - Addresses come from references that live as long as the arena (`'e`); packing one exposes its provenance. The
//!   arena never moves anything, and frees nothing before it is dropped. Only [`TaggedValue::new`] and the setters
//!   here create tagged words, each from a reference of the type that its tag names.
//! - Everything pointed to is aligned to 8 bytes, which leaves three bits for tags (asserted below).
//! - The words after a thunk, a closure or a set are allocated together with it: as many as its code captures (plus,
//!   for a closure, the arguments already applied) or as its shape has names. Code and shapes never change. A set of
//!   layers has no such words, and the result of [`Layers::flat`] has no layers.

mod attrs;
mod closure;
mod thunk;

use std::marker::PhantomData;

use bumpalo::Bump;

use super::error::Failure;
use super::layers::Layers;
use super::value::{List, Value};
use crate::syntax::expr::Unit;
use crate::syntax::{Shape, Str};
pub use attrs::Attrs;
pub(super) use closure::Closure;
pub(crate) use thunk::Thunk;
pub(super) use thunk::{Begun, State};

const TAG: usize = 7;
const THUNK: usize = 0;
const INT: usize = 1;
const CONSTANT: usize = 2;
const STRING: usize = 3;
const LIST: usize = 4;
const ATTRS: usize = 5;
const LAMBDA: usize = 6;
const BOXED: usize = 7;

const _: () = assert!(size_of::<usize>() == 8 && size_of::<TaggedValue<'_>>() == 8 && size_of::<Thunk<'_>>() == 16);
const _: () = assert!(align_of::<Thunk<'_>>() == 8 && align_of::<Closure<'_>>() == 8 && align_of::<Str<'_>>() == 8);
const _: () = assert!(align_of::<List<'_>>() == 8 && align_of::<Attrs<'_>>() == 8 && align_of::<Value<'_>>() == 8);
const _: () =
    assert!(align_of::<Unit<'_>>() == 8 && align_of::<Failure<'_>>() == 8 && align_of::<Shape<'_>>() == 8);
const _: () = assert!(align_of::<Layers<'_>>() == 8);

/// A value packed into one word.
#[derive(Clone, Copy)]
pub(super) struct TaggedValue<'e> {
    bits: usize,
    of: PhantomData<Value<'e>>,
}

impl std::fmt::Debug for TaggedValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).expose_provenance()
}

impl<'e> TaggedValue<'e> {
    pub(super) const NULL: Self = Self::of_bits(CONSTANT);

    const fn of_bits(bits: usize) -> Self {
        Self { bits, of: PhantomData }
    }

    /// Packs a value; what does not fit into a word goes to the arena.
    #[inline]
    pub(super) fn new(value: Value<'e>, bump: &'e Bump) -> Self {
        Self::of_bits(match value {
            Value::Thunk(thunk) => address(thunk) | THUNK,
            Value::String(text) => address(text) | STRING,
            Value::List(list) => address(list) | LIST,
            Value::Attrs(attrs) => address(attrs) | ATTRS,
            Value::Lambda(closure) => address(closure) | LAMBDA,
            Value::Null => CONSTANT,
            Value::Bool(value) => CONSTANT | (usize::from(value) + 1) << 3,
            Value::Int(value) if value << 3 >> 3 == value => (value << 3).cast_unsigned() as usize | INT,
            Value::Int(_)
            | Value::Float(_)
            | Value::Path(_)
            | Value::Primop(_)
            | Value::PartialList(_)
            | Value::Unknown(_) => return Self::boxed(value, bump),
        })
    }

    #[inline(never)]
    fn boxed(value: Value<'e>, bump: &'e Bump) -> Self {
        Self::of_bits(address(bump.alloc(value)) | BOXED)
    }

    #[inline]
    fn pointer<T>(self) -> *const T {
        std::ptr::with_exposed_provenance(self.bits & !TAG)
    }

    /// Unpacks the value.
    #[inline]
    pub(super) fn get(self) -> Value<'e> {
        // SAFETY: the tag says which kind of reference the word was made from; it lives for `'e`.
        unsafe {
            match self.bits & TAG {
                THUNK => Value::Thunk(&*self.pointer()),
                INT => Value::Int(self.bits.cast_signed() as i64 >> 3),
                STRING => Value::String(&*self.pointer()),
                LIST => Value::List(&*self.pointer()),
                ATTRS => Value::Attrs(&*self.pointer()),
                LAMBDA => Value::Lambda(&*self.pointer()),
                BOXED => *self.pointer(),
                _ => match self.bits >> 3 {
                    0 => Value::Null,
                    which => Value::Bool(which == 2),
                },
            }
        }
    }

    #[inline]
    pub(super) fn bool(value: bool) -> Self {
        Self::of_bits(CONSTANT | (usize::from(value) + 1) << 3)
    }

    /// The Boolean, if it is one.
    #[inline]
    pub(super) fn truth(self) -> Option<bool> {
        (self.bits & TAG == CONSTANT && self.bits != CONSTANT).then_some(self.bits >> 3 == 2)
    }

    /// Whether it is evaluated and equality compares its contents. Functions, lists and floats are excluded: for them
    /// the cell matters.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        matches!(self.bits & TAG, INT | CONSTANT | STRING | ATTRS)
    }

    /// Whether it is of a rare kind that is stored indirectly, such as an unknown value.
    #[inline]
    pub(super) fn is_boxed(self) -> bool {
        self.bits & TAG == BOXED
    }

    /// The thunk, if it is one.
    #[inline]
    pub(super) fn thunk(self) -> Option<&'e Thunk<'e>> {
        // SAFETY: as in `get`.
        (self.bits & TAG == THUNK).then(|| unsafe { &*self.pointer() })
    }
}
