//! Names as small numbers.

/// An interned name: cheap to copy and to compare. Symbols are ordered by first occurrence, not alphabetically.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u32);

impl Symbol {
    /// Its number.
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    /// The symbol with that number.
    pub(crate) fn of_number(number: u32) -> Self {
        Self(number)
    }
}
