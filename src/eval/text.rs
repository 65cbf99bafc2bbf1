//! Strings under construction, and their contexts.
//!
//! A string records which store paths its text refers to: its [`Context`]. Joining strings joins their contexts, so
//! that a derivation knows its inputs.

use super::heap::Heap;
use super::value::Value;
use crate::code::{Context, Element, Str};

/// A string under construction.
#[derive(Debug, Default)]
pub(super) struct Text<'e> {
    pub(super) bytes: Vec<u8>,
    pub(super) context: Context<'e>,
}

impl<'e> Text<'e> {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn push_str(&mut self, heap: &Heap<'e>, text: &Str<'e>) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.context = heap.merge_contexts(self.context, text.context());
    }

    pub(super) fn to_str_lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.bytes)
    }
}

impl<'e> Heap<'e> {
    /// A string with a context.
    pub fn text_with_context(&self, bytes: &[u8], context: Context<'e>) -> Value<'e> {
        Value::String(self.alloc(Str::with_context(self.alloc_slice(bytes), context)))
    }

    pub(super) fn finish(&self, text: &Text<'e>) -> Value<'e> {
        self.text_with_context(&text.bytes, text.context)
    }

    /// A context of these elements, in any order.
    pub fn context(&self, elements: impl IntoIterator<Item = Element<'e>>) -> Context<'e> {
        let mut elements: Vec<_> = elements.into_iter().collect();
        elements.sort_unstable();
        elements.dedup();
        Context::new(self.alloc_slice(&elements))
    }

    /// The union of two contexts.
    pub fn merge_contexts(&self, a: Context<'e>, b: Context<'e>) -> Context<'e> {
        if b.is_empty() || std::ptr::eq(a.elements(), b.elements()) {
            return a;
        }
        if a.is_empty() {
            return b;
        }
        if b.elements().iter().all(|element| a.elements().binary_search(element).is_ok()) {
            return a;
        }
        self.context(a.elements().iter().chain(b.elements()).copied())
    }
}
