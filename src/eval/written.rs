//! What would be in the store if Nix had evaluated: derivations, texts and copies that were made on the way.

use std::collections::BTreeSet;

use super::error::EvalResult;
use super::machine::Evaluator;
use super::store::derivation::{Derivation, Modulo};
use super::store::path;
use crate::source::Span;

/// Something with a store path.
#[derive(Clone, Copy)]
pub(super) enum Written<'e> {
    /// A text or a copy, and what it refers to.
    File {
        /// Store paths.
        references: &'e [&'e str],
    },
    /// A derivation, and the hash that stands for it.
    Derivation(&'e Derivation, &'e Modulo),
}

impl<'e> Evaluator<'e> {
    /// A text that is kept as long as the evaluation.
    pub(super) fn text_in_arena(&self, text: &str) -> &'e str {
        self.bump.alloc_str(text)
    }

    /// The derivation at a path, which this evaluation must have made.
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

    /// A path and all that it refers to, directly or not.
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

    /// A store path that only a store knows.
    #[cold]
    pub(super) fn not_valid(&self, path: &str, span: Span) -> super::error::EvalError<'e> {
        if self.settings.unknowns {
            return self.only_nix(&format!("{path} is known to the Nix store alone"), span);
        }
        self.error(span, &format!("path '{}' is not valid", path::base(path)))
    }
}
