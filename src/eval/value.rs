//! Values and what they are made of.
//!
//! A [`Value`] is 16 bytes and `Copy`: everything larger lives in the arena and is never freed before the evaluation
//! ends. Only what is not evaluated yet has a shared cell, the [`Thunk`]. Where values are kept they are packed into a word
//! each (see [`super::cells`]).

use std::cell::Cell;

use super::error::EvalResult;
use super::layers::Layers;
use super::machine::Evaluator;
use super::partial::{Item, OptionalAttr, PartialList};
pub use super::repr::{Attrs, Thunk};
pub(super) use super::repr::{Closure, State, TaggedValue};
use crate::source::{Pos, Span};
pub(super) use crate::syntax::Str;
use crate::syntax::Symbol;
use crate::syntax::expr::{Lambda, Place};

/// A value, or the promise of one.
#[derive(Debug, Clone, Copy)]
pub enum Value<'e> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string.
    String(&'e Str<'e>),
    /// A path: absolute, normalised.
    Path(&'e Str<'e>),
    /// A list.
    List(&'e List<'e>),
    /// A list of which some elements are there only perhaps.
    PartialList(&'e PartialList<'e>),
    /// A set.
    Attrs(&'e Attrs<'e>),
    /// A function written in Nix.
    Lambda(&'e Closure<'e>),
    /// A built-in function, perhaps with some of its arguments.
    Primop(&'e PrimopCall<'e>),
    /// Not evaluated yet.
    Thunk(&'e Thunk<'e>),
    /// Something that cannot be known here.
    Unknown(&'e Unknown),
}

/// Why a value is not known, and where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    reason: Box<str>,
    span: Span,
    /// Whether the reason ends in a name that its attributes' names are appended to.
    named: bool,
    /// Whether it stands for names that nobody knew when this was written: outer names count before it.
    beyond: bool,
    /// Whether `builtins.tryEval` takes it for what is not there.
    absent: bool,
}

impl Unknown {
    pub(super) fn new(reason: &str, span: Span) -> Self {
        Self { reason: reason.into(), span, named: false, beyond: false, absent: false }
    }

    pub(super) fn named(reason: &str, span: Span) -> Self {
        Self { named: true, ..Self::new(reason, span) }
    }

    pub(super) fn beyond(reason: &str) -> Self {
        Self { beyond: true, ..Self::new(reason, Span::NONE) }
    }

    pub(super) fn absent(reason: &str, span: Span) -> Self {
        Self { absent: true, ..Self::new(reason, span) }
    }

    pub(super) fn is_absent(&self) -> bool {
        self.absent
    }

    pub(super) fn is_beyond(&self) -> bool {
        self.beyond
    }

    pub(super) fn is_named(&self) -> bool {
        self.named
    }

    /// Why, as a sentence without its full stop.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The expression that is not known.
    pub fn span(&self) -> Span {
        self.span
    }
}

/// A list. Its elements may be thunks.
#[derive(Debug)]
pub struct List<'e> {
    items: &'e [TaggedValue<'e>],
}

impl<'e> List<'e> {
    pub(super) fn new(items: &'e [TaggedValue<'e>]) -> Self {
        Self { items }
    }

    /// Its elements.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value<'e>> + use<'e> {
        self.items.iter().map(|item| item.get())
    }

    /// Its elements as they are kept.
    pub(super) fn items(&self) -> &'e [TaggedValue<'e>] {
        self.items
    }

    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// One attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attr<'e> {
    pub(super) name: Symbol,
    pub(super) pos: Pos,
    pub(super) value: TaggedValue<'e>,
}

impl<'e> Attrs<'e> {
    /// How many names are certain to be in it.
    pub(super) fn count(&self) -> usize {
        self.shape().keys().len()
    }

    /// The same at most, of which it does not have to be one set yet.
    pub(super) fn most(&self) -> usize {
        self.layers().map_or_else(|| self.count(), Layers::most)
    }

    /// Whether it is certain that there is no name in it.
    pub(super) fn is_empty(&self) -> bool {
        self.layers().is_none() && self.count() == 0 && self.open().is_none()
    }

    /// The same set without layers.
    pub(super) fn flat(&'e self) -> &'e Self {
        self.layers().map_or(self, Layers::flat)
    }

    /// The same set, without layers where it was made so already.
    pub(super) fn settled(&'e self) -> &'e Self {
        self.layers().and_then(Layers::made_flat).unwrap_or(self)
    }

    /// Its attributes, sorted by symbol.
    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = Attr<'e>> + Clone + use<'e> {
        let keys = self.shape().keys().iter();
        keys.zip(self.values()).map(|(key, value)| Attr { name: key.name, pos: key.pos, value: *value })
    }

    /// The attribute at a place.
    #[inline]
    pub(super) fn attr(&self, at: usize) -> Attr<'e> {
        let key = self.shape().keys()[at];
        Attr { name: key.name, pos: key.pos, value: self.values()[at] }
    }

    pub(super) fn find(&self, name: Symbol) -> Option<Attr<'e>> {
        match self.layers() {
            Some(layers) => layers.find(name),
            None => self.shape().find(name).map(|at| self.attr(at)),
        }
    }

    /// The value of a name.
    pub fn get(&self, name: Symbol) -> Option<Value<'e>> {
        self.find(name).map(|attr| attr.value.get())
    }

    /// Where a name is bound.
    pub fn position(&self, name: Symbol) -> Option<Pos> {
        self.find(name).map(|attr| attr.pos).filter(|pos| pos.is_some())
    }

    /// Names, values and positions, in the order of the symbols.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Symbol, Value<'e>, Pos)> + use<'e> {
        self.entries().map(|attr| (attr.name, attr.value.get(), attr.pos))
    }

    /// Why there may be more names than these; `None` where there are not.
    pub fn rest(&self) -> Option<&'e Unknown> {
        let rest = self.open()?;
        rest.any.or_else(|| rest.names.first().map(|optional| optional.why))
    }

    /// The names that are there perhaps, sorted.
    pub fn optional(&self) -> &'e [OptionalAttr<'e>] {
        self.open().map_or(&[], |rest| rest.names)
    }

    /// Why there may be names beyond these and those that are there perhaps; `None` where there are none.
    pub fn any(&self) -> Option<&'e Unknown> {
        self.open()?.any
    }

    pub(super) fn find_perhaps(&self, name: Symbol) -> Option<&'e OptionalAttr<'e>> {
        let names = self.optional();
        let at = names.binary_search_by_key(&name, |optional| optional.attr.name).ok()?;
        Some(&names[at])
    }

    /// The value of a name, and whether it is there perhaps.
    pub(super) fn item(&self, name: Symbol) -> Option<Item<'e>> {
        match self.find(name) {
            Some(attr) => Some(Item { value: attr.value.get(), optional: None }),
            None => self.find_perhaps(name).map(|one| Item { value: one.value(), optional: Some(one.why) }),
        }
    }

    /// Why a name that is not among those that are there may be there; `None` where it is not.
    pub fn maybe(&self, name: Symbol) -> Option<&'e Unknown> {
        let any = self.open()?.any;
        self.find_perhaps(name).map(|optional| optional.why).or(any)
    }
}

/// What running code sees: the slots of its unit, and what that captured.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'f, 'e> {
    pub(super) slots: &'f [Cell<TaggedValue<'e>>],
    pub(super) captured: &'f [Cell<TaggedValue<'e>>],
}

impl<'f, 'e> Frame<'f, 'e> {
    /// Where a variable is.
    #[inline]
    pub(super) fn cell(&self, place: Place) -> &'f Cell<TaggedValue<'e>> {
        match place {
            Place::Slot(slot) => &self.slots[slot as usize],
            Place::Captured(at) => &self.captured[at as usize],
        }
    }

    /// Fills in what is captured here.
    #[inline]
    pub(super) fn capture(&self, places: &[Place], into: &[Cell<TaggedValue<'e>>]) {
        for (cell, place) in into.iter().zip(places) {
            cell.set(self.cell(*place).get());
        }
    }
}

/// The code of a function: equal where it is the same code, whatever was captured.
#[derive(Debug, Clone, Copy)]
pub enum CodeId<'e> {
    /// Of a function written in Nix.
    Lambda(&'e Lambda<'e>),
    /// Of a built-in function.
    Primop(&'static Primop),
}

impl PartialEq for CodeId<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Lambda(a), Self::Lambda(b)) => std::ptr::eq(*a, *b),
            (Self::Primop(a), Self::Primop(b)) => a.name == b.name,
            _ => false,
        }
    }
}

impl Eq for CodeId<'_> {}

/// What a built-in function is implemented by. It gets as many arguments as it has; none is evaluated yet.
pub(super) type PrimopFn = for<'e> fn(&mut Evaluator<'e>, &[Value<'e>], Pos) -> EvalResult<'e, Value<'e>>;

/// A built-in function.
pub struct Primop {
    /// Its name, for messages.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arity: usize,
    /// Those that it evaluates in any case, before all else and in their order: a bit each, the first one's is the lowest.
    pub strict: u8,
    /// What it does with them.
    pub run: PrimopFn,
}

impl std::fmt::Debug for Primop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A built-in function with fewer arguments than it needs.
#[derive(Debug)]
pub struct PrimopCall<'e> {
    pub(super) primop: &'static Primop,
    pub(super) arguments: &'e [Value<'e>],
}

/// Something that yields a value when it is asked for, once.
pub trait Suspend<'e>: 'e {
    /// Computes the value.
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>>;

    /// Computes one of its values, where it has several ([`Thunk::part`]).
    fn resume_part(&'e self, part: u32, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        debug_assert!(part == 0, "it has one value");
        self.resume(ev)
    }

    /// The values that it is computed from and nothing else, where there are such.
    fn parts(&self) -> Option<[Value<'e>; 3]> {
        None
    }
}

const _: () = assert!(size_of::<Value<'_>>() == 16);
const _: () = assert!(size_of::<Attr<'_>>() == 16);
