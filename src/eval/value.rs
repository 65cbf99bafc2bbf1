//! Values and their parts.
//!
//! A [`Value`] is 16 bytes and `Copy`. Everything larger is in the arena, which frees nothing before the evaluation
//! ends. Only unevaluated values have a shared cell, the [`Thunk`]. Stored values are packed into one word each (see
//! [`super::repr`]).

use super::error::EvalResult;
pub use super::repr::Attrs;
pub(super) use super::repr::{Attr, Closure, Frame, Native, OpenAttrs, OptionalAttr, State, TaggedValue, Thunk};
pub use super::unknown::Unknown;
pub(super) use crate::code::Str;
use crate::code::Symbol;
use crate::code::expr::Lambda;
use crate::source::Pos;

/// A value, or a thunk that will become one.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use container_rebuild::eval::{Arena, Evaluator, Settings, Value};
/// use container_rebuild::source::{MemoryFiles, SourceMap};
///
/// let (arena, files, sources) = (Arena::new(), MemoryFiles::new(), SourceMap::new());
/// let mut evaluator = Evaluator::new(&arena, &files, &sources, Settings::default());
/// let list = evaluator.text_value("«example»", Path::new("/"), "[ 1 (throw \"never forced\") ]");
/// let Ok(Value::List(list)) = list.and_then(|list| evaluator.force(list)) else { panic!("it is a list") };
/// // Elements are thunks until they are forced.
/// let first = list.iter().next().expect("it has two elements");
/// assert!(matches!(evaluator.force(first), Ok(Value::Int(1))));
/// ```
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

/// Identifies the code of a function: equal for the same code, whatever it captured.
#[derive(Debug, Clone, Copy)]
pub enum CodeId<'e> {
    /// A function written in Nix.
    Lambda(&'e Lambda<'e>),
    /// A built-in function, by its name.
    Primop(&'static str),
}

impl PartialEq for CodeId<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Lambda(a), Self::Lambda(b)) => std::ptr::eq(*a, *b),
            (Self::Primop(a), Self::Primop(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for CodeId<'_> {}

/// What a built-in function is called, and how it is called.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature {
    /// Its name in messages.
    pub name: &'static str,
    /// The number of arguments.
    pub arity: usize,
    /// A bit mask of the arguments that it always evaluates before anything else, in order; the lowest bit is the
    /// first argument.
    pub strict: u8,
}

/// A built-in function with fewer arguments than it needs.
pub struct PrimopCall<'e> {
    pub(super) primop: Signature,
    /// What [`Evaluator`](super::Evaluator) runs.
    pub(super) implementation: Native<'e>,
    pub(super) arguments: &'e [Value<'e>],
}

impl std::fmt::Debug for PrimopCall<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.primop.name)
    }
}

/// A list in which some elements are optional.
#[derive(Debug)]
pub struct PartialList<'e> {
    pub(super) items: &'e [Item<'e>],
    pub(super) why: &'e Unknown,
}

/// An element of a partial list.
#[derive(Debug, Clone, Copy)]
pub struct Item<'e> {
    /// Its value if it exists.
    pub value: Value<'e>,
    /// The unknown value that decides whether it exists; `None` if it certainly does.
    pub optional: Option<&'e Unknown>,
}

impl<'e> Item<'e> {
    /// What stands for any number of elements, of which nothing is known.
    pub(super) fn any(unknown: &'e Unknown) -> Self {
        Self { value: Value::Unknown(unknown), optional: Some(unknown) }
    }
}

impl<'e> PartialList<'e> {
    /// The elements, in order.
    pub fn items(&self) -> &'e [Item<'e>] {
        self.items
    }

    /// Why the list is partial.
    pub fn why(&self) -> &'e Unknown {
        self.why
    }
}

impl<'e> Value<'e> {
    /// The elements of an evaluated list, partial or not; empty for anything else.
    pub fn items(self) -> Vec<Item<'e>> {
        match self {
            Self::List(list) => list.iter().map(|value| Item { value, optional: None }).collect(),
            Self::PartialList(partial) => partial.items.to_vec(),
            _ => Vec::new(),
        }
    }

    /// The names in a function's pattern, and whether each has a default; empty for anything else.
    pub fn formals(self) -> Vec<(Symbol, bool)> {
        match self {
            Self::Lambda(closure) => {
                let formals = closure.lambda.next_pattern().map_or(&[][..], |pattern| pattern.formals);
                formals.iter().map(|formal| (formal.name, formal.default.is_some())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Identifies the code of a function, wherever the closure was created; `None` for a set that can be called.
    pub fn code_id(self) -> Option<CodeId<'e>> {
        match self {
            Self::Lambda(closure) => Some(CodeId::Lambda(closure.lambda)),
            Self::Primop(call) => Some(CodeId::Primop(call.primop.name)),
            _ => None,
        }
    }

    /// Where a value was written, if that is still known.
    pub fn pos(self) -> Option<Pos> {
        match self {
            Self::Thunk(thunk) => match thunk.state() {
                State::Code(code) => Some(code.unit().body.span.start),
                State::Done(value) => value.get().pos(),
                _ => None,
            },
            Self::Lambda(closure) => Some(closure.lambda.pos),
            _ => None,
        }
    }
}

impl<'e> Attrs<'e> {
    /// The value of an attribute.
    pub fn get(&self, name: Symbol) -> Option<Value<'e>> {
        self.find(name).map(|attr| attr.value.get())
    }

    /// Names, values and positions, sorted by symbol.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Symbol, Value<'e>, Pos)> + use<'e> {
        self.entries().map(|attr| (attr.name, attr.value.get(), attr.pos))
    }

    /// The value of an attribute, and whether it is optional.
    pub(super) fn item(&self, name: Symbol) -> Option<Item<'e>> {
        match self.find(name) {
            Some(attr) => Some(Item { value: attr.value.get(), optional: None }),
            None => self.find_optional(name).map(|one| Item { value: one.value(), optional: Some(one.why) }),
        }
    }
}

impl<'e> OptionalAttr<'e> {
    /// Its value if it exists.
    pub fn value(&self) -> Value<'e> {
        self.attr.value.get()
    }
}

/// Turns the error "a strict operation met an unknown value" into that value.
pub(super) fn settle<'e>(result: EvalResult<'e, Value<'e>>) -> EvalResult<'e, Value<'e>> {
    match result {
        Err(error) => error.unknown().map(Value::Unknown).ok_or(error),
        ok => ok,
    }
}

const _: () = assert!(size_of::<Value<'_>>() == 16);
