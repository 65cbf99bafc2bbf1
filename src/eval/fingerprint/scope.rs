//! The names that code opens for itself.

use crate::code::Symbol;
use crate::code::expr::Bindings;

/// Names that the code binds, one slot each. Slots follow the order in which the evaluation first met the names, which
/// depends on unrelated code; hence the names go into the key.
pub(super) struct Scope {
    /// The index of the unit whose slots these are.
    pub(super) unit: usize,
    pub(super) first: u32,
    pub(super) names: Vec<Symbol>,
    /// How many slots follow those of the names.
    pub(super) hidden: usize,
}

/// The names of the slots of recursive bindings.
pub(super) fn names_of(bindings: &Bindings<'_>) -> Vec<Symbol> {
    bindings.entries.iter().map(|binding| binding.name).collect()
}
