//! The strings that values hold: bytes with their context. A literal is allocated once, and all its values share it.

use std::borrow::Cow;
use std::cell::Cell;

use super::symbol::Symbol;

/// A string: a sequence of bytes, as in Nix.
#[derive(Debug)]
pub struct Str<'e> {
    bytes: &'e [u8],
    context: Context<'e>,
    /// The string as a name, once it was interned.
    symbol: Cell<Option<Symbol>>,
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.context == other.context
    }
}

impl Eq for Str<'_> {}

impl<'e> Str<'e> {
    /// A string without context.
    pub const fn new(bytes: &'e [u8]) -> Self {
        Self { bytes, context: Context(&[]), symbol: Cell::new(None) }
    }

    /// A string with context.
    pub fn with_context(bytes: &'e [u8], context: Context<'e>) -> Self {
        Self { bytes, context, symbol: Cell::new(None) }
    }

    /// The string as a name; calls `find` the first time.
    pub fn symbol(&self, find: impl FnOnce(&Self) -> Symbol) -> Symbol {
        match self.symbol.get() {
            Some(symbol) => symbol,
            None => {
                let symbol = find(self);
                self.symbol.set(Some(symbol));
                symbol
            }
        }
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &'e [u8] {
        self.bytes
    }

    /// Its text; bytes that are not UTF-8 are replaced.
    pub fn to_str_lossy(&self) -> Cow<'e, str> {
        // Validating is faster than searching for what to replace.
        std::str::from_utf8(self.bytes).map_or_else(|_| String::from_utf8_lossy(self.bytes), Cow::Borrowed)
    }

    /// Its context: what it depends on in the store.
    pub fn context(&self) -> Context<'e> {
        self.context
    }
}

/// One element of a string's context, ordered as Nix prints them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element<'e> {
    /// A store path.
    Path(&'e str),
    /// A derivation with all its outputs and its build-time closure.
    Deep(&'e str),
    /// One output of a derivation.
    Output {
        /// The derivation.
        derivation: &'e str,
        /// The name of the output.
        output: &'e str,
    },
}

/// The context of a string: sorted, without duplicates, in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context<'e>(&'e [Element<'e>]);

impl<'e> Context<'e> {
    /// A context of these elements, which must be sorted and unique.
    pub fn new(elements: &'e [Element<'e>]) -> Self {
        debug_assert!(elements.is_sorted_by(|a, b| a < b));
        Self(elements)
    }

    /// Its elements, sorted.
    pub fn elements(self) -> &'e [Element<'e>] {
        self.0
    }

    /// Whether the string depends on nothing.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}
