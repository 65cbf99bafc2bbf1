//! The expression tree that is evaluated: names resolved, sugar gone, everything in the arena.
//!
//! What runs as one is a *unit*: the body of a function with its arguments, or an expression that is evaluated later (a
//! [`Unit`]). A unit has one frame of slots, for arguments and for what `let`, `with` and `rec` bind in it; what it uses of the
//! units around it was copied when it was made: that is *captured*. So a frame dies with its call, and nothing keeps more
//! alive than it uses.

use std::cell::Cell;

use super::literal::Str;
use super::shape::{InlineCache, Shape};
use super::symbol::Symbol;
use crate::source::{Pos, Span};

/// An expression and the text that it came from.
#[derive(Debug)]
pub struct Node<'e> {
    /// What it is.
    pub expr: Expr<'e>,
    /// Its text.
    pub span: Span,
}

/// A reference to an expression in the arena.
pub type NodeRef<'e> = &'e Node<'e>;

/// What an expression can be.
#[derive(Debug)]
pub enum Expr<'e> {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string without interpolation, or a URI.
    Str(&'e Str<'e>),
    /// A string with interpolations.
    Interpolated(&'e [Part<'e>]),
    /// An absolute path, normalised.
    Path(&'e Str<'e>),
    /// A path with interpolations; the first part is its absolute beginning.
    InterpolatedPath(&'e [Part<'e>]),
    /// `<name>`
    SearchPath(&'e [u8]),
    /// A variable of the unit's own, by its slot.
    Slot(u32),
    /// A variable of a unit around, by its place among what was captured.
    Captured(u32),
    /// A variable that nothing binds lexically: a name of the global scope, by its place there.
    Global(u32),
    /// A variable that one of the enclosing `with`s may supply.
    With {
        /// The name.
        name: Symbol,
        /// Where their namespaces are, innermost first.
        namespaces: &'e [Place],
    },
    /// What is evaluated when it is asked for. It stands where a value may wait: arguments, elements, bindings.
    Delayed(&'e Unit<'e>),
    /// `base.path or default`
    Select {
        /// The set.
        base: NodeRef<'e>,
        /// The names.
        path: &'e [Name<'e>],
        /// After `or`.
        default: Option<NodeRef<'e>>,
    },
    /// `base ? path`
    HasAttr {
        /// The set.
        base: NodeRef<'e>,
        /// The names.
        path: &'e [Name<'e>],
    },
    /// A call; `f a b` is one with two arguments.
    Apply {
        /// What is called.
        function: NodeRef<'e>,
        /// With what.
        arguments: &'e [NodeRef<'e>],
    },
    /// A function.
    Lambda(&'e Lambda<'e>),
    /// `let … in body`
    Let {
        /// One slot each.
        bindings: &'e Bindings<'e>,
        /// The binding that the body needs before all else, where that sees none of them: nothing is gained by waiting.
        first: Option<u32>,
        /// What sees them.
        body: NodeRef<'e>,
    },
    /// A set.
    Attrs(&'e AttrsExpr<'e>),
    /// A list.
    List(&'e [NodeRef<'e>]),
    /// `if … then … else …`
    If(NodeRef<'e>, NodeRef<'e>, NodeRef<'e>),
    /// `assert condition; body`
    Assert(NodeRef<'e>, NodeRef<'e>),
    /// `with namespace; body`
    WithIn {
        /// The set.
        namespace: NodeRef<'e>,
        /// Where it is put.
        slot: u32,
        /// What sees its names.
        body: NodeRef<'e>,
    },
    /// `!`
    Not(NodeRef<'e>),
    /// Unary minus.
    Negate(NodeRef<'e>),
    /// A binary operator.
    Binary(Operator, NodeRef<'e>, NodeRef<'e>),
    /// `__curPos`
    CurPos,
}

/// Where a variable is, as the unit that runs sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A slot of its own frame.
    Slot(u32),
    /// What it captured.
    Captured(u32),
}

/// An expression that runs later, or somewhere else.
#[derive(Debug)]
pub struct Unit<'e> {
    /// What is evaluated.
    pub body: NodeRef<'e>,
    /// What it captures, as the unit around it sees it.
    pub captures: &'e [Place],
    /// The size of its frame.
    pub slots: u32,
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after what they do")]
pub enum Operator {
    Concat,
    Update,
    Add,
    Sub,
    Mul,
    Div,
    And,
    Or,
    Implies,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// A part of an interpolated string.
#[derive(Debug)]
pub enum Part<'e> {
    /// Text.
    Text(&'e [u8]),
    /// `${…}`
    Value(NodeRef<'e>),
}

/// A name in an attribute path.
#[derive(Debug)]
pub enum Name<'e> {
    /// Written out.
    Static(Symbol, InlineCache),
    /// Computed.
    Dynamic(NodeRef<'e>),
}

/// A function of one or more arguments: `a: b: { c }: …` is one function of three, with one frame.
#[derive(Debug)]
pub struct Function<'e> {
    /// What it captures, as the unit around it sees it.
    pub captures: &'e [Place],
    /// The size of its frame, which begins with all arguments and names of the pattern. The last argument is there even
    /// where nothing names it.
    pub slots: u32,
    /// The arguments that it needs before all else, in that order, one right after the other.
    pub needed: &'e [u32],
    /// The arguments before the last: they take the first slots.
    pub leading: &'e [Symbol],
    /// The last argument itself, where it is named: the next slot.
    pub argument: Option<Symbol>,
    /// The last argument's pattern, where there is one. Its names take the slots after that.
    pub pattern: Option<&'e Pattern<'e>>,
    /// Evaluated in a frame with all these names.
    pub body: NodeRef<'e>,
    /// What it is bound to where it is written: `f` of `f = x: { y }: …`, for both functions. What a computed name was
    /// is told when it is (see [`Expr::call_it`]).
    pub name: Cell<Option<Symbol>>,
}

/// A function that has some of its arguments.
#[derive(Debug)]
pub struct Lambda<'e> {
    /// The function.
    pub function: &'e Function<'e>,
    /// How many arguments were given already.
    pub given: usize,
    /// The same with one more given; `None` where only the last is missing.
    pub after: Option<&'e Self>,
    /// Where the function of the next argument begins.
    pub pos: Pos,
}

impl<'e> std::ops::Deref for Lambda<'e> {
    type Target = Function<'e>;

    fn deref(&self) -> &Self::Target {
        self.function
    }
}

impl Expr<'_> {
    /// Gives a function, and what it yields at once, the name that it is bound to.
    pub fn call_it(&self, name: Symbol) {
        let mut expr = self;
        while let Self::Lambda(lambda) = expr {
            lambda.name.set(Some(name));
            expr = &lambda.body.expr;
        }
    }
}

impl<'e> Lambda<'e> {
    /// How many arguments are missing.
    pub fn missing(&self) -> usize {
        self.leading.len() + 1 - self.given
    }

    /// The name of the next argument, where it has one.
    pub fn next_argument(&self) -> Option<Symbol> {
        self.leading.get(self.given).copied().or(self.argument)
    }

    /// The pattern of the next argument.
    pub fn next_pattern(&self) -> Option<&'e Pattern<'e>> {
        self.pattern.filter(|_| self.after.is_none())
    }
}

/// `{ a, b ? 1, ... }`
#[derive(Debug)]
pub struct Pattern<'e> {
    /// Its names, sorted by symbol.
    pub formals: &'e [Formal<'e>],
    /// Whether other names are let pass.
    pub ellipsis: bool,
}

/// One name of a pattern.
#[derive(Debug)]
pub struct Formal<'e> {
    /// The name.
    pub name: Symbol,
    /// After `?`, evaluated in the function's own frame.
    pub default: Option<NodeRef<'e>>,
    /// Where it is written.
    pub pos: Pos,
}

/// The bindings of a `let` or of a set.
#[derive(Debug)]
pub struct Bindings<'e> {
    /// Names with their values, sorted by symbol. Where they see each other, each has a slot, in this order.
    pub entries: &'e [Binding<'e>],
    /// `inherit (source) …` sources: slots after the entries'.
    pub sources: &'e [NodeRef<'e>],
    /// Their first slot.
    pub first: u32,
}

impl<'e> Bindings<'e> {
    /// What its slots are filled with, and whether that sees none of them.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeRef<'e>, bool)> + Clone + use<'e> {
        let entries = self.entries.iter().map(|entry| (entry.value.node(), entry.alone));
        entries.chain(self.sources.iter().map(|source| (*source, false)))
    }
}

/// One binding.
#[derive(Debug)]
pub struct Binding<'e> {
    /// The name.
    pub name: Symbol,
    /// Where its attribute path begins.
    pub pos: Pos,
    /// Its value.
    pub value: BindingValue<'e>,
    /// Whether its value sees none of the bindings beside it.
    pub alone: bool,
}

/// What a binding is bound to.
#[derive(Debug, Clone, Copy)]
pub enum BindingValue<'e> {
    /// An expression, which sees the bindings where they are recursive.
    Inner(NodeRef<'e>),
    /// `inherit name;`: a variable from outside.
    Outer(NodeRef<'e>),
    /// `inherit (source) name;`: an attribute of that source.
    From {
        /// Which one.
        source: u32,
        /// The selection.
        selection: NodeRef<'e>,
    },
}

impl<'e> BindingValue<'e> {
    /// The expression itself.
    pub fn node(self) -> NodeRef<'e> {
        match self {
            Self::Inner(node) | Self::Outer(node) => node,
            Self::From { selection, .. } => selection,
        }
    }
}

/// A set.
#[derive(Debug)]
pub struct AttrsExpr<'e> {
    /// Its static names.
    pub bindings: Bindings<'e>,
    /// The same names, as sets have them.
    pub shape: &'e Shape<'e>,
    /// Whether the names are visible in the values.
    pub recursive: bool,
    /// Computed names with their values, and where they are written; they see the names where those are visible.
    pub dynamic: &'e [(NodeRef<'e>, NodeRef<'e>, Pos)],
    /// Where among the bindings `__overrides` is, if it means something here.
    pub overrides: Option<usize>,
}
