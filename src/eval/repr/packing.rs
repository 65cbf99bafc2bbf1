//! Packs values into words and back.

use bumpalo::Bump;

use super::attrs::{Attrs, Layers};
use super::closure::Closure;
use super::tagged::{ATTRS, BOXED, CONSTANT, INT, LAMBDA, LIST, STRING, TAG, THUNK, TaggedValue, address};
use super::thunk::Thunk;
use crate::code::expr::Unit;
use crate::code::{Shape, Str};
use crate::eval::error::Failure;
use crate::eval::value::{List, Value};

const _: () = assert!(size_of::<usize>() == 8 && size_of::<TaggedValue<'_>>() == 8 && size_of::<Thunk<'_>>() == 16);
const _: () = assert!(align_of::<Thunk<'_>>() == 8 && align_of::<Closure<'_>>() == 8 && align_of::<Str<'_>>() == 8);
const _: () = assert!(align_of::<List<'_>>() == 8 && align_of::<Attrs<'_>>() == 8 && align_of::<Value<'_>>() == 8);
const _: () =
    assert!(align_of::<Unit<'_>>() == 8 && align_of::<Failure<'_>>() == 8 && align_of::<Shape<'_>>() == 8);
const _: () = assert!(align_of::<Layers<'_>>() == 8);

impl std::fmt::Debug for TaggedValue<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

impl<'e> TaggedValue<'e> {
    /// Packs a value; what does not fit into a word goes to the arena.
    #[inline]
    pub(in crate::eval) fn new(value: Value<'e>, bump: &'e Bump) -> Self {
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

    /// Unpacks the value.
    #[inline]
    pub(in crate::eval) fn get(self) -> Value<'e> {
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

    /// The thunk, if it is one.
    #[inline]
    pub(in crate::eval) fn thunk(self) -> Option<&'e Thunk<'e>> {
        // SAFETY: as in `get`.
        (self.bits & TAG == THUNK).then(|| unsafe { &*self.pointer() })
    }
}
