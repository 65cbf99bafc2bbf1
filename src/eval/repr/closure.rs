//! Closures: functions with their captures.

use std::alloc::Layout;
use std::cell::Cell;

use bumpalo::Bump;

use super::frame::Frame;
use super::tagged::TaggedValue;
use crate::code::expr::Lambda;

/// A function with its captures and the arguments already applied.
#[repr(C)]
pub struct Closure<'e> {
    pub(in crate::eval) lambda: &'e Lambda<'e>,
    rest: [Cell<TaggedValue<'e>>; 0],
}

impl std::fmt::Debug for Closure<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Closure")
    }
}

impl<'e> Closure<'e> {
    /// A closure whose captures and arguments the caller must fill in.
    #[inline]
    pub(in crate::eval) fn hollow(bump: &'e Bump, lambda: &'e Lambda<'e>) -> &'e Self {
        let count = lambda.captures.len() + lambda.given;
        let layout = Layout::array::<usize>(1 + count).expect("a text of 4 GiB captures less");
        let start = bump.alloc_layout(layout).cast::<usize>();
        start.as_ptr().expose_provenance();
        // SAFETY: 1 + count words are allocated, and each is written. `Closure` is one word, `repr(C)`, with the
        // layout of a reference. The provenance of every pointer was exposed.
        unsafe {
            start.cast::<&'e Lambda<'e>>().write(lambda);
            for at in 1..count + 1 {
                start.add(at).write(TaggedValue::NULL.bits);
            }
            &*std::ptr::with_exposed_provenance::<Self>(start.as_ptr().addr())
        }
    }

    /// A closure that captures variables of this frame.
    #[inline]
    pub(in crate::eval) fn new(bump: &'e Bump, lambda: &'e Lambda<'e>, frame: &Frame<'_, 'e>) -> &'e Self {
        let closure = Self::hollow(bump, lambda);
        frame.capture(lambda.captures, closure.captured());
        closure
    }

    /// The captures, followed by the arguments already applied.
    #[inline]
    pub(in crate::eval) fn words(&'e self) -> &'e [Cell<TaggedValue<'e>>] {
        let start = std::ptr::from_ref(&self.rest).addr();
        let count = self.lambda.captures.len() + self.lambda.given;
        // SAFETY: that many words were allocated after it contiguously and written, and their provenance was exposed.
        unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(start), count) }
    }

    /// The captures.
    #[inline]
    pub(in crate::eval) fn captured(&'e self) -> &'e [Cell<TaggedValue<'e>>] {
        &self.words()[..self.lambda.captures.len()]
    }

    /// The arguments already applied.
    #[inline]
    pub(in crate::eval) fn given(&'e self) -> &'e [Cell<TaggedValue<'e>>] {
        &self.words()[self.lambda.captures.len()..]
    }
}
