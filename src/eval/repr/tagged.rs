//! Values in one word: an address with a tag in its low bits, or a small number.

use std::marker::PhantomData;

pub(super) const TAG: usize = 7;
pub(super) const THUNK: usize = 0;
pub(super) const INT: usize = 1;
pub(super) const CONSTANT: usize = 2;
pub(super) const STRING: usize = 3;
pub(super) const LIST: usize = 4;
pub(super) const ATTRS: usize = 5;
pub(super) const LAMBDA: usize = 6;
pub(super) const BOXED: usize = 7;

/// A value packed into one word; [`Value`](crate::eval::Value) says what it means.
#[derive(Clone, Copy)]
pub(in crate::eval) struct TaggedValue<'e> {
    pub(super) bits: usize,
    of: PhantomData<&'e ()>,
}

pub(super) fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).expose_provenance()
}

impl<'e> TaggedValue<'e> {
    pub(in crate::eval) const NULL: Self = Self::of_bits(CONSTANT);

    pub(super) const fn of_bits(bits: usize) -> Self {
        Self { bits, of: PhantomData }
    }

    #[inline]
    pub(super) fn pointer<T>(self) -> *const T {
        std::ptr::with_exposed_provenance(self.bits & !TAG)
    }

    #[inline]
    pub(in crate::eval) fn bool(value: bool) -> Self {
        Self::of_bits(CONSTANT | (usize::from(value) + 1) << 3)
    }

    /// The Boolean, if it is one.
    #[inline]
    pub(in crate::eval) fn truth(self) -> Option<bool> {
        (self.bits & TAG == CONSTANT && self.bits != CONSTANT).then_some(self.bits >> 3 == 2)
    }

    /// Whether it is evaluated and equality compares its contents. Functions, lists and floats are excluded: for them
    /// the cell matters.
    #[inline]
    pub(in crate::eval) fn is_plain(self) -> bool {
        matches!(self.bits & TAG, INT | CONSTANT | STRING | ATTRS)
    }

    /// Whether it is of a rare kind that is stored indirectly, such as an unknown value.
    #[inline]
    pub(in crate::eval) fn is_boxed(self) -> bool {
        self.bits & TAG == BOXED
    }
}
