//! Interns names as small numbers.

use std::cell::RefCell;

use bumpalo::Bump;
use rustc_hash::FxHashMap;

use super::string::Str;
use super::symbol::Symbol;

/// All names of one evaluation.
#[derive(Default)]
pub struct Symbols<'e> {
    inner: RefCell<Inner<'e>>,
}

#[derive(Default)]
struct Inner<'e> {
    numbers: FxHashMap<&'e str, Symbol>,
    /// Those that are not UTF-8.
    others: FxHashMap<&'e [u8], Symbol>,
    names: Vec<(&'e str, &'e Str<'e>)>,
}

impl<'e> Symbols<'e> {
    /// The symbol of a name.
    pub fn intern(&self, bump: &'e Bump, name: &str) -> Symbol {
        let mut inner = self.inner.borrow_mut();
        if let Some(symbol) = inner.numbers.get(name) {
            return *symbol;
        }
        let symbol =
            Symbol::of_number(u32::try_from(inner.names.len()).expect("there is no memory for 2^32 names"));
        let name = bump.alloc_str(name);
        inner.names.push((name, bump.alloc(Str::new(name.as_bytes()))));
        inner.numbers.insert(name, symbol);
        symbol
    }

    /// The symbol of a name that may hold any bytes.
    pub fn intern_bytes(&self, bump: &'e Bump, name: &[u8]) -> Symbol {
        if let Ok(name) = std::str::from_utf8(name) {
            return self.intern(bump, name);
        }
        let mut inner = self.inner.borrow_mut();
        if let Some(symbol) = inner.others.get(name) {
            return *symbol;
        }
        let symbol =
            Symbol::of_number(u32::try_from(inner.names.len()).expect("there is no memory for 2^32 names"));
        let shown = bump.alloc_str(&String::from_utf8_lossy(name));
        let name = bump.alloc_slice_copy(name);
        inner.names.push((shown, bump.alloc(Str::new(name))));
        inner.others.insert(name, symbol);
        symbol
    }

    /// The name of a symbol; lossy if it is not UTF-8.
    pub fn name(&self, symbol: Symbol) -> &'e str {
        self.inner.borrow().names[symbol.number() as usize].0
    }

    /// The name of a symbol as a string value.
    pub fn text(&self, symbol: Symbol) -> &'e Str<'e> {
        self.inner.borrow().names[symbol.number() as usize].1
    }
}
