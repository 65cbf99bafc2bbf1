//! What Nix would have written to the store during the evaluation: derivations, texts and copies.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::heap::Heap;
use super::store::derivation::{Derivation, Modulo};
use super::value::{Str, Value};
use crate::code::Element;

/// Something with a store path.
#[derive(Clone, Copy)]
pub(super) enum Written<'e> {
    /// A text or a copy, and its references.
    File {
        /// Store paths.
        references: &'e [&'e str],
    },
    /// A derivation, and the hash that represents it.
    Derivation(&'e Derivation, &'e Modulo),
}

/// The store as the evaluation left it.
#[derive(Default)]
pub(super) struct WrittenPaths<'e> {
    /// By store path.
    pub(super) paths: FxHashMap<&'e str, Written<'e>>,
    /// The store paths of copied paths.
    pub(super) copies: FxHashMap<&'e [u8], &'e Str<'e>>,
}

impl<'e> WrittenPaths<'e> {
    /// Adds something; returns its store path as a string, with itself as context.
    pub(super) fn add(&mut self, heap: &Heap<'e>, path: &str, written: Written<'e>) -> Value<'e> {
        let path = heap.str(path);
        self.paths.insert(path, written);
        heap.text_with_context(path.as_bytes(), heap.context([Element::Path(path)]))
    }

    /// The derivation at a path, if it comes from this evaluation.
    pub(super) fn derivation(&self, path: &str) -> Option<(&'e Derivation, &'e Modulo)> {
        match self.paths.get(path) {
            Some(Written::Derivation(derivation, modulo)) => Some((derivation, modulo)),
            _ => None,
        }
    }

    /// The closure of a path: the path and everything it refers to, directly or indirectly.
    ///
    /// # Errors
    ///
    /// Returns a path that does not come from this evaluation.
    pub(super) fn closure(&self, start: &str) -> Result<BTreeSet<String>, String> {
        let mut found = BTreeSet::new();
        let mut open = vec![start.to_owned()];
        while let Some(path) = open.pop() {
            if found.contains(&path) {
                continue;
            }
            match self.paths.get(path.as_str()) {
                Some(Written::File { references }) => open.extend(references.iter().map(ToString::to_string)),
                Some(Written::Derivation(derivation, _)) => {
                    open.extend(derivation.input_sources.iter().cloned());
                    open.extend(derivation.input_derivations.keys().cloned());
                }
                None => return Err(path),
            }
            found.insert(path);
        }
        Ok(found)
    }
}
