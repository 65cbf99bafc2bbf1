//! Strings as values hold them: bytes, and what they depend on. A literal is made once, and each value of it is that one.

use std::borrow::Cow;
use std::cell::Cell;

use super::symbol::Symbol;

/// A string: bytes, as in Nix.
#[derive(Debug)]
pub struct Str<'e> {
    bytes: &'e [u8],
    context: Context<'e>,
    /// The name that it is, once somebody asked.
    symbol: Cell<Option<Symbol>>,
}

impl PartialEq for Str<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && self.context == other.context
    }
}

impl Eq for Str<'_> {}

impl<'e> Str<'e> {
    /// A string that depends on nothing.
    pub const fn new(bytes: &'e [u8]) -> Self {
        Self { bytes, context: Context(&[]), symbol: Cell::new(None) }
    }

    /// A string with what it depends on.
    pub fn with_context(bytes: &'e [u8], context: Context<'e>) -> Self {
        Self { bytes, context, symbol: Cell::new(None) }
    }

    /// The name that it is; `find` tells it the first time.
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

    /// Its text, where bytes that are no UTF-8 are replaced.
    pub fn to_str_lossy(&self) -> Cow<'e, str> {
        // Telling that it is text is quicker than looking for what is not.
        std::str::from_utf8(self.bytes).map_or_else(|_| String::from_utf8_lossy(self.bytes), Cow::Borrowed)
    }

    /// What it depends on in the store.
    pub fn context(&self) -> Context<'e> {
        self.context
    }
}

/// One thing that a string depends on. The order is the one that Nix prints them in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element<'e> {
    /// A path of the store.
    Path(&'e str),
    /// A derivation with all its outputs and all that it is built from.
    Deep(&'e str),
    /// One output of a derivation.
    Output {
        /// The derivation.
        derivation: &'e str,
        /// The output's name.
        output: &'e str,
    },
}

/// What a string depends on: sorted, each once, in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context<'e>(&'e [Element<'e>]);

impl<'e> Context<'e> {
    /// The context of these elements, which are sorted, each once.
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
