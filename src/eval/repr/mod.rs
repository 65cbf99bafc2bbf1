//! The memory layout of values: one word each, with captures stored directly after thunks and closures.
//!
//! A [`TaggedValue`] is a [`Value`](super::Value) in one word: an address with a tag in its low bits, or a small number. A [`Thunk`]
//! is a word that says what to do, followed by the words that this needs; the result replaces the first of them. A
//! [`Closure`] is its code followed by its captures. [`Attrs`] are a shape followed by one value for each name, or
//! layers of such sets.
//!
//! All unsafe code of the evaluator is in this directory, in `native.rs` and in `heap/append.rs`. It relies on this:
//! - Addresses come from references that live as long as the arena (`'e`); packing one exposes its provenance. The
//!   arena never moves anything, and frees nothing before it is dropped. Only [`TaggedValue::new`] and the setters
//!   here create tagged words, each from a reference of the type that its tag names.
//! - Everything pointed to is aligned to 8 bytes, which leaves three bits for tags (asserted below).
//! - The words after a thunk, a closure or a set are allocated together with it: as many as its code captures (plus,
//!   for a closure, the arguments already applied) or as its shape has names. Code and shapes never change. A set of
//!   layers has no such words, and the result of `Layers::flat` has no layers.

mod attrs;
mod closure;
mod frame;
mod packing;
mod tagged;
mod thunk;

pub(super) use attrs::{Attr, Layers, OpenAttrs, RATIO, SMALL, merge_sorted};
pub use attrs::{Attrs, OptionalAttr};
pub(super) use closure::Closure;
pub(super) use frame::Frame;
pub(super) use tagged::TaggedValue;
pub(super) use thunk::Thunk;
pub(super) use thunk::{Native, Running, State};
