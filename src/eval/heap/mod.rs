//! The heap: everything that an evaluation allocates, and what it shares.
//!
//! It owns the symbols, the shapes of sets and the empty collections, and constructs values. It evaluates nothing.

mod append;
mod sets;
mod shapes;
mod unknowns;
mod update;

use std::cell::Cell;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bumpalo::Bump;

use self::append::Growing;
use self::shapes::Shapes;
use super::paths::normalise;
use super::value::{Attrs, List, TaggedValue, Thunk, Value};
use crate::code::expr::{Expr, Node, Unit, Variable};
use crate::code::{Shape, Str, Symbol, Symbols};
use crate::source::Span;

/// Symbols that the evaluator itself needs.
pub(super) struct Common {
    pub(super) functor: Symbol,
    pub(super) out_path: Symbol,
    pub(super) to_string: Symbol,
    pub(super) kind: Symbol,
    pub(super) name: Symbol,
    pub(super) value: Symbol,
    pub(super) file: Symbol,
    pub(super) line: Symbol,
    pub(super) column: Symbol,
}

/// Allocates values in an arena, which frees them all at once.
pub struct Heap<'e> {
    pub(super) bump: &'e Bump,
    pub(super) symbols: Symbols<'e>,
    pub(super) common: Common,
    shapes: Shapes<'e>,
    growing: Cell<Option<Growing>>,
    /// The empty list, shared.
    no_items: &'e List<'e>,
    /// The empty set, shared.
    pub(super) no_attrs: &'e Attrs<'e>,
    /// Code that returns its capture.
    pub(super) forward: &'e Unit<'e>,
}

impl<'e> Heap<'e> {
    /// A heap in `bump`, whose first symbols are `names`.
    pub(super) fn new(bump: &'e Bump, names: &str) -> Self {
        let symbols = Symbols::default();
        let symbol = |name| symbols.intern(bump, name);
        for name in names.split(' ') {
            symbol(name);
        }
        let common = Common {
            functor: symbol("__functor"),
            out_path: symbol("outPath"),
            to_string: symbol("__toString"),
            kind: symbol("type"),
            name: symbol("name"),
            value: symbol("value"),
            file: symbol("file"),
            line: symbol("line"),
            column: symbol("column"),
        };
        Self {
            bump,
            symbols,
            common,
            shapes: Shapes::default(),
            growing: Cell::new(None),
            no_items: bump.alloc(List::new(&[])),
            no_attrs: Attrs::new(bump, bump.alloc(Shape::new(&[])), std::iter::empty(), None),
            forward: bump.alloc(Unit {
                body: bump.alloc(Node { expr: Expr::Captured(0), span: Span::NONE }),
                captures: bump.alloc_slice_copy(&[Variable::Slot(0)]),
                slots: 0,
            }),
        }
    }

    /// The symbol of a name.
    pub fn symbol(&self, name: &str) -> Symbol {
        self.symbols.intern(self.bump, name)
    }

    /// The symbol of a string.
    pub(super) fn symbol_of(&self, name: &Str<'e>) -> Symbol {
        name.symbol(|name| self.symbols.intern_bytes(self.bump, name.as_bytes()))
    }

    /// The name of a symbol.
    pub fn name(&self, symbol: Symbol) -> &'e str {
        self.symbols.name(symbol)
    }

    /// The name of a symbol as a value.
    pub(super) fn name_value(&self, symbol: Symbol) -> Value<'e> {
        Value::String(self.symbols.text(symbol))
    }

    /// Moves a value into the arena; it is never dropped.
    pub fn alloc<T>(&self, value: T) -> &'e T {
        self.bump.alloc(value)
    }

    /// Copies a slice into the arena.
    pub fn alloc_slice<T: Copy>(&self, items: &[T]) -> &'e [T] {
        self.bump.alloc_slice_copy(items)
    }

    /// A string.
    pub fn string(&self, text: &str) -> Value<'e> {
        self.bytes(text.as_bytes())
    }

    /// A string of bytes.
    pub fn bytes(&self, bytes: &[u8]) -> Value<'e> {
        self.str_in_arena(self.bump.alloc_slice_copy(bytes))
    }

    pub(super) fn str_in_arena(&self, bytes: &'e [u8]) -> Value<'e> {
        Value::String(self.bump.alloc(Str::new(bytes)))
    }

    pub(super) fn path_in_arena(&self, path: &'e [u8]) -> Value<'e> {
        Value::Path(self.bump.alloc(Str::new(path)))
    }

    /// Concatenates `front` and `back`.
    pub(super) fn append_bytes(&self, front: &'e [u8], back: &[u8]) -> &'e [u8] {
        append::append(self.bump, &self.growing, front, back)
    }

    /// A list.
    pub fn list(&self, items: impl IntoIterator<Item = Value<'e>>) -> Value<'e> {
        let items: Vec<_> = items.into_iter().map(|item| self.pack(item)).collect();
        self.list_of(self.alloc_slice(&items))
    }

    pub(super) fn list_of(&self, items: &'e [TaggedValue<'e>]) -> Value<'e> {
        Value::List(if items.is_empty() { self.no_items } else { self.bump.alloc(List::new(items)) })
    }

    /// A call that happens when its result is needed.
    pub(super) fn delay_call(&self, function: Value<'e>, argument: TaggedValue<'e>) -> TaggedValue<'e> {
        self.pack(Value::Thunk(Thunk::call(self.bump, self.pack(function), argument)))
    }

    /// Whether a value can be called.
    pub fn is_function(&self, value: Value<'e>) -> bool {
        match value {
            Value::Lambda(_) | Value::Primop(_) => true,
            Value::Attrs(attrs) => attrs.get(self.common.functor).is_some(),
            _ => false,
        }
    }

    /// Packs a value for storage.
    #[inline]
    pub(super) fn pack(&self, value: Value<'e>) -> TaggedValue<'e> {
        TaggedValue::new(value, self.bump)
    }

    /// Copies a text into the arena.
    pub(super) fn str(&self, text: &str) -> &'e str {
        self.bump.alloc_str(text)
    }

    /// A path value, normalized as Nix's parser and operators do.
    pub(super) fn path_value(&self, bytes: &[u8]) -> Value<'e> {
        let path = normalise(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        self.path_in_arena(self.alloc_slice(path.as_os_str().as_bytes()))
    }

    /// A path.
    pub fn path(&self, path: &str) -> Value<'e> {
        self.path_value(path.as_bytes())
    }
}
