//! Values and their parts.
//!
//! A [`Value`] is 16 bytes and `Copy`. Everything larger is in the arena, which frees nothing before the evaluation
//! ends. Only unevaluated values have a shared cell, the [`Thunk`]. Stored values are packed into one word each (see
//! [`super::repr`]).

use std::cell::Cell;

use super::error::EvalResult;
use super::layers::Layers;
use super::machine::Evaluator;
use super::partial::{Item, OptionalAttr, PartialList};
pub use super::repr::Attrs;
pub(super) use super::repr::{Closure, State, TaggedValue, Thunk};
use crate::source::{Pos, Span};
pub(super) use crate::syntax::Str;
use crate::syntax::Symbol;
use crate::syntax::expr::{Lambda, Place};

/// A value, or a thunk that will become one.
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
    /// A path: absolute, normalized.
    Path(&'e Str<'e>),
    /// A list.
    List(&'e List<'e>),
    /// A list in which some elements are optional.
    PartialList(&'e PartialList<'e>),
    /// A set.
    Attrs(&'e Attrs<'e>),
    /// A function written in Nix.
    Lambda(&'e Closure<'e>),
    /// A built-in function, with or without its first arguments.
    Primop(&'e PrimopCall<'e>),
    /// An unevaluated value.
    Thunk(&'e Thunk<'e>),
    /// A value that cannot be known without Nix.
    Unknown(&'e Unknown),
}

/// Why a value is unknown, and where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct Unknown {
    reason: Box<str>,
    span: Span,
    /// Whether the reason ends with a name, to which selections append attribute names.
    named: bool,
    /// Whether it stands for names beyond those known in advance: in a `with`, names of outer sets take precedence
    /// over these.
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

    /// The reason, as a sentence without its full stop.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The span of the unknown expression.
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

    /// The elements.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value<'e>> + use<'e> {
        self.items.iter().map(|item| item.get())
    }

    /// The elements as stored.
    pub(super) fn items(&self) -> &'e [TaggedValue<'e>] {
        self.items
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }
}

/// An attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attr<'e> {
    pub(super) name: Symbol,
    pub(super) pos: Pos,
    pub(super) value: TaggedValue<'e>,
}

impl<'e> Attrs<'e> {
    /// How many attributes it certainly has.
    pub(super) fn count(&self) -> usize {
        self.shape().keys().len()
    }

    /// An upper bound on [`Self::count`] that does not merge layers.
    pub(super) fn most(&self) -> usize {
        self.layers().map_or_else(|| self.count(), Layers::most)
    }

    /// Whether it certainly has no attributes.
    pub(super) fn is_empty(&self) -> bool {
        self.layers().is_none() && self.count() == 0 && self.open().is_none()
    }

    /// The set without layers; merges them if necessary.
    pub(super) fn flat(&'e self) -> &'e Self {
        self.layers().map_or(self, Layers::flat)
    }

    /// The set without layers if they have been merged, otherwise the set as it is.
    pub(super) fn settled(&'e self) -> &'e Self {
        self.layers().and_then(Layers::made_flat).unwrap_or(self)
    }

    /// The attributes, sorted by symbol.
    pub(super) fn entries(&self) -> impl ExactSizeIterator<Item = Attr<'e>> + Clone + use<'e> {
        let keys = self.shape().keys().iter();
        keys.zip(self.values()).map(|(key, value)| Attr { name: key.name, pos: key.pos, value: *value })
    }

    /// The attribute at an index.
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

    /// The value of an attribute.
    pub fn get(&self, name: Symbol) -> Option<Value<'e>> {
        self.find(name).map(|attr| attr.value.get())
    }

    /// The position of an attribute.
    pub fn position(&self, name: Symbol) -> Option<Pos> {
        self.find(name).map(|attr| attr.pos).filter(|pos| pos.is_some())
    }

    /// Names, values and positions, sorted by symbol.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Symbol, Value<'e>, Pos)> + use<'e> {
        self.entries().map(|attr| (attr.name, attr.value.get(), attr.pos))
    }

    /// Why the set may have further names; `None` if it is complete.
    pub fn rest(&self) -> Option<&'e Unknown> {
        let rest = self.open()?;
        rest.any.or_else(|| rest.names.first().map(|optional| optional.why))
    }

    /// The optional attributes, sorted by symbol.
    pub fn optional(&self) -> &'e [OptionalAttr<'e>] {
        self.open().map_or(&[], |rest| rest.names)
    }

    /// Why the set may have names besides the certain and the optional ones; `None` if it has none.
    pub fn any(&self) -> Option<&'e Unknown> {
        self.open()?.any
    }

    pub(super) fn find_optional(&self, name: Symbol) -> Option<&'e OptionalAttr<'e>> {
        let names = self.optional();
        let at = names.binary_search_by_key(&name, |optional| optional.attr.name).ok()?;
        Some(&names[at])
    }

    /// The value of an attribute, and whether it is optional.
    pub(super) fn item(&self, name: Symbol) -> Option<Item<'e>> {
        match self.find(name) {
            Some(attr) => Some(Item { value: attr.value.get(), optional: None }),
            None => self.find_optional(name).map(|one| Item { value: one.value(), optional: Some(one.why) }),
        }
    }

    /// Why a name that is not certain may exist; `None` if it does not.
    pub fn maybe(&self, name: Symbol) -> Option<&'e Unknown> {
        let any = self.open()?.any;
        self.find_optional(name).map(|optional| optional.why).or(any)
    }
}

/// The variables of running code: the slots of its unit, and its captures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'f, 'e> {
    pub(super) slots: &'f [Cell<TaggedValue<'e>>],
    pub(super) captured: &'f [Cell<TaggedValue<'e>>],
}

impl<'f, 'e> Frame<'f, 'e> {
    /// The cell of a variable.
    #[inline]
    pub(super) fn cell(&self, place: Place) -> &'f Cell<TaggedValue<'e>> {
        match place {
            Place::Slot(slot) => &self.slots[slot as usize],
            Place::Captured(at) => &self.captured[at as usize],
        }
    }

    /// Copies the captured variables `places` into cells.
    #[inline]
    pub(super) fn capture(&self, places: &[Place], into: &[Cell<TaggedValue<'e>>]) {
        for (cell, place) in into.iter().zip(places) {
            cell.set(self.cell(*place).get());
        }
    }
}

/// Identifies the code of a function: equal for the same code, whatever it captured.
#[derive(Debug, Clone, Copy)]
pub enum CodeId<'e> {
    /// A function written in Nix.
    Lambda(&'e Lambda<'e>),
    /// A built-in function.
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

/// The implementation of a built-in function. It receives `arity` arguments, all unevaluated.
pub(super) type PrimopFn = for<'e> fn(&mut Evaluator<'e>, &[Value<'e>], Pos) -> EvalResult<'e, Value<'e>>;

/// A built-in function.
pub struct Primop {
    /// Its name in messages.
    pub name: &'static str,
    /// The number of arguments.
    pub arity: usize,
    /// A bit mask of the arguments that it always evaluates before anything else, in order; the lowest bit is the
    /// first argument.
    pub strict: u8,
    /// The implementation.
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

/// Native code that computes a value on demand, once.
pub trait Suspend<'e>: 'e {
    /// Computes the value.
    ///
    /// # Errors
    ///
    /// Fails as the evaluation does.
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>>;

    /// Computes one of its values, if it has several ([`Thunk::part`]).
    fn resume_part(&'e self, part: u32, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        debug_assert!(part == 0, "it has one value");
        self.resume(ev)
    }

    /// The values that alone determine its result, if that applies.
    fn parts(&self) -> Option<[Value<'e>; 3]> {
        None
    }
}

const _: () = assert!(size_of::<Value<'_>>() == 16);
const _: () = assert!(size_of::<Attr<'_>>() == 16);
