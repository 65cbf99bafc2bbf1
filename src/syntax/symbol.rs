//! Names as small numbers.

use std::cell::RefCell;

use bumpalo::Bump;
use rustc_hash::FxHashMap;

/// A name that was interned: cheap to copy and to compare. Its order is that of first sight, not that of the alphabet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(u32);

/// All names of one evaluation.
#[derive(Default)]
pub struct Symbols<'e> {
    inner: RefCell<Inner<'e>>,
}

#[derive(Default)]
struct Inner<'e> {
    numbers: FxHashMap<&'e str, Symbol>,
    names: Vec<&'e str>,
}

impl<'e> Symbols<'e> {
    /// The symbol of a name.
    pub fn intern(&self, bump: &'e Bump, name: &str) -> Symbol {
        let mut inner = self.inner.borrow_mut();
        if let Some(symbol) = inner.numbers.get(name) {
            return *symbol;
        }
        let symbol = Symbol(u32::try_from(inner.names.len()).expect("there is no memory for 2^32 names"));
        let name = bump.alloc_str(name);
        inner.names.push(name);
        inner.numbers.insert(name, symbol);
        symbol
    }

    /// The name of a symbol.
    pub fn name(&self, symbol: Symbol) -> &'e str {
        self.inner.borrow().names[symbol.0 as usize]
    }
}
