//! How a key covers `lib`: the built-in library is part of the program, so only additions to it count.

use super::Fingerprint;
use crate::eval::evaluator::Evaluator;
use crate::eval::value::Attrs;

impl<'e> Fingerprint<'_, 'e> {
    /// Whether a set is `lib`, with or without additions.
    pub(super) fn is_library(&self, attrs: &Attrs<'e>) -> bool {
        ["attrsets", "evalModules", "mkOption"].iter().all(|name| attrs.get(self.ev.heap.symbol(name)).is_some())
    }

    /// Adds what a library has beyond the built-in one.
    pub(super) fn library(&mut self, attrs: &'e Attrs<'e>) {
        self.tag("lib");
        let own = |ev: &Evaluator<'e>, pos| {
            ev.report.sources.file(pos).is_some_and(|file| !ev.loader.embedded.contains_key(&file.path))
        };
        let added = attrs.iter().filter(|(.., pos)| own(self.ev, *pos));
        let mut added: Vec<_> = added.map(|(name, value, _)| (self.ev.heap.name(name), value)).collect();
        added.sort_by_key(|(name, _)| *name);
        for (name, value) in added {
            self.text(name);
            self.value(value);
        }
    }
}
