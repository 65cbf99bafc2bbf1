//! What Nix would have written to the store during the evaluation: derivations, texts and copies.

use std::collections::BTreeSet;

use super::error::EvalResult;
use super::machine::Evaluator;
use super::store::derivation::{Derivation, Modulo};
use super::store::path;
use crate::source::Span;

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

impl<'e> Evaluator<'e> {
    /// Copies a text into the arena.
    pub(super) fn text_in_arena(&self, text: &str) -> &'e str {
        self.bump.alloc_str(text)
    }

    /// The derivation at a path, which must come from this evaluation.
    pub(super) fn written_derivation(
        &self,
        path: &str,
        span: Span,
    ) -> EvalResult<'e, (&'e Derivation, &'e Modulo)> {
        match self.written.get(path) {
            Some(Written::Derivation(derivation, modulo)) => Ok((derivation, modulo)),
            _ => Err(self.not_valid(path, span)),
        }
    }

    /// The closure of a path: the path and everything it refers to, directly or indirectly.
    pub(super) fn closure(&self, start: &str, span: Span) -> EvalResult<'e, BTreeSet<String>> {
        let mut found = BTreeSet::new();
        let mut open = vec![start.to_owned()];
        while let Some(path) = open.pop() {
            if found.contains(&path) {
                continue;
            }
            match self.written.get(path.as_str()) {
                Some(Written::File { references }) => open.extend(references.iter().map(ToString::to_string)),
                Some(Written::Derivation(derivation, _)) => {
                    open.extend(derivation.input_sources.iter().cloned());
                    open.extend(derivation.input_derivations.keys().cloned());
                }
                None => return Err(self.not_valid(&path, span)),
            }
            found.insert(path);
        }
        Ok(found)
    }

    /// The error for a store path that only the store can look up.
    #[cold]
    pub(super) fn not_valid(&self, path: &str, span: Span) -> super::error::EvalError<'e> {
        if self.settings.unknowns {
            return self.only_nix(&format!("only the Nix store knows {path}"), span);
        }
        self.error(span, &format!("path '{}' is not valid", path::base(path)))
    }
}
