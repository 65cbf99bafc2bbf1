//! How values lie in memory: a word each, and thunks and closures with what they captured behind them.
//!
//! A [`TaggedValue`] is a [`Value`] in one word: an address with a tag in its low bits, or a small number. A [`Thunk`] is a word
//! that says what is to be done, and behind it what that needs; the result takes the place of the first of those. A
//! [`Closure`] is its code and what it captured. [`Attrs`] are their shape and a value for each of its names, or layers of such.
//!
//! These are the files of unsafe code of the evaluator, with that of `append`. What they rely on:
//! - Addresses are those of references that live as long as the arena (`'e`), given away with `expose_provenance` when they
//!   are packed; nothing in the arena is freed or moved before. Only [`TaggedValue::new`] and the setters here make tagged words, each
//!   from a reference of the type that its tag stands for.
//! - All that is pointed to is aligned to 8 bytes, so that three bits are free for tags (asserted below).
//! - The words behind a thunk, a closure or a set are allocated with it, as many as its code captures (and, of a closure, as
//!   were given already) or its shape has names; code and shapes do not change. A set of layers has none,
//!   and what [`Layers::flat`] gives has no layers.

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
pub use thunk::Thunk;
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

/// A value in one word.
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

    /// The value.
    #[inline]
    pub(super) fn get(self) -> Value<'e> {
        // SAFETY: the tag says what reference the word was made from, which lives as long as `'e`.
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

    /// Which of the two it is, where it is `true` or `false`.
    #[inline]
    pub(super) fn truth(self) -> Option<bool> {
        (self.bits & TAG == CONSTANT && self.bits != CONSTANT).then_some(self.bits >> 3 == 2)
    }

    /// Whether it is evaluated, and of a kind that equals whatever says the same: no function, list or float.
    #[inline]
    pub(super) fn is_plain(self) -> bool {
        matches!(self.bits & TAG, INT | CONSTANT | STRING | ATTRS)
    }

    /// Whether it is of a rare kind, such as what is unknown.
    #[inline]
    pub(super) fn is_boxed(self) -> bool {
        self.bits & TAG == BOXED
    }

    /// The thunk that it is, if it is one.
    #[inline]
    pub(super) fn thunk(self) -> Option<&'e Thunk<'e>> {
        // SAFETY: as above.
        (self.bits & TAG == THUNK).then(|| unsafe { &*self.pointer() })
    }
}
