//! The path of an option.

use crate::eval::{Evaluator, Symbol};
use crate::model::path::OptionPath;

/// An option path, as a list in the arena: cheap to extend, and turned into text only for output.
#[derive(Clone, Copy)]
pub(super) struct Path<'e>(Option<&'e PathLink<'e>>);

struct PathLink<'e> {
    name: Symbol,
    around: Path<'e>,
}

impl<'e> Path<'e> {
    /// The root of the configuration.
    pub(super) const ROOT: Self = Self(None);

    /// Appends a name.
    pub(super) fn join(self, ev: &Evaluator<'e>, name: Symbol) -> Self {
        Self(Some(ev.heap.alloc(PathLink { name, around: self })))
    }

    /// Whether both are the same allocation, not just equal.
    pub(super) fn is_same(self, other: Self) -> bool {
        match (self.0, other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }

    /// Returns the last name.
    pub(super) fn last(self) -> Option<Symbol> {
        self.0.map(|link| link.name)
    }

    /// Returns the path without its last name.
    pub(super) fn parent(self) -> Self {
        self.0.map_or(self, |link| link.around)
    }

    /// Returns the names, outermost first.
    pub(super) fn symbols(self) -> Vec<Symbol> {
        let mut names = Vec::new();
        let mut next = self.0;
        while let Some(link) = next {
            names.push(link.name);
            next = link.around.0;
        }
        names.reverse();
        names
    }

    /// Converts the path to text.
    pub(super) fn names(self, ev: &Evaluator<'e>) -> OptionPath {
        OptionPath::new(self.symbols().into_iter().map(|name| ev.heap.name(name)))
    }
}
