//! The expression tree that is evaluated: names resolved, sugar gone, everything in the arena.

use std::cell::Cell;

use super::literal::Str;
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
    /// A variable bound in the frame `depth` frames up, at `slot`.
    Local {
        /// Frames to go up.
        depth: u32,
        /// The place in that frame.
        slot: u32,
    },
    /// A variable that nothing binds lexically: a name of the global scope, by its place there.
    Global(u32),
    /// A variable that one of the enclosing `with`s may supply; their frames' depths, innermost first.
    With {
        /// The name.
        name: Symbol,
        /// Depths of the frames.
        frames: &'e [u32],
    },
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
    /// `let … in body`: a recursive frame.
    Let {
        /// One slot each.
        bindings: &'e Bindings<'e>,
        /// Evaluated in the frame.
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
    /// `with namespace; body`: a frame of one slot.
    WithIn(NodeRef<'e>, NodeRef<'e>),
    /// `!`
    Not(NodeRef<'e>),
    /// Unary minus.
    Negate(NodeRef<'e>),
    /// A binary operator.
    Binary(Operator, NodeRef<'e>, NodeRef<'e>),
    /// `__curPos`
    CurPos,
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
    Static(Symbol),
    /// Computed.
    Dynamic(NodeRef<'e>),
}

/// A function of one or more arguments: `a: b: { c }: …` is one function of three, with one frame.
#[derive(Debug)]
pub struct Lambda<'e> {
    /// The arguments before the last: they take the first slots.
    pub leading: &'e [Symbol],
    /// The last argument itself, where it is named: the next slot.
    pub argument: Option<Symbol>,
    /// The last argument's pattern, where there is one. Its names take the slots after that.
    pub pattern: Option<&'e Pattern<'e>>,
    /// Evaluated in a frame with all these names.
    pub body: NodeRef<'e>,
    /// How many arguments were given already.
    pub given: usize,
    /// The same with one more given; `None` where only the last is missing.
    pub after: Option<&'e Self>,
    /// What it is bound to where it is written: `f` of `f = x: { y }: …`, for both functions. What a computed name was
    /// is told when it is (see [`Expr::call_it`]).
    pub name: Cell<Option<Symbol>>,
    /// Where the function of the next argument begins.
    pub pos: Pos,
}

impl Expr<'_> {
    /// Gives a function, and what it yields at once, the name that it is bound to.
    pub fn call_it(&self, name: Symbol) {
        let mut expr = self;
        while let Self::Lambda(lambda) = expr {
            let mut next = Some(*lambda);
            while let Some(lambda) = next {
                lambda.name.set(Some(name));
                next = lambda.after;
            }
            expr = &lambda.body.expr;
        }
    }
}

impl<'e> Lambda<'e> {
    /// How many arguments are missing.
    pub fn missing(&self) -> usize {
        self.leading.len() + 1 - self.given
    }

    /// The pattern of the next argument.
    pub fn next_pattern(&self) -> Option<&'e Pattern<'e>> {
        self.pattern.filter(|_| self.after.is_none())
    }

    /// The size of its frame: the last argument is there even where nothing names it.
    pub fn slots(&self) -> usize {
        let formals = self.pattern.map_or(0, |pattern| pattern.formals.len());
        self.leading.len() + (usize::from(self.argument.is_some()) + formals).max(1)
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
    /// Names with their values, in the order of the slots; sorted by symbol.
    pub entries: &'e [Binding<'e>],
    /// `inherit (source) …` sources: hidden slots after the entries', or a hidden frame where there is no other.
    pub sources: &'e [NodeRef<'e>],
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
}

/// What a binding is bound to.
#[derive(Debug, Clone, Copy)]
pub enum BindingValue<'e> {
    /// An expression, in the frame of the bindings where they are recursive.
    Inner(NodeRef<'e>),
    /// `inherit name;`: an expression in the frame around.
    Outer(NodeRef<'e>),
    /// `inherit (source) name;`: an attribute of that source.
    From {
        /// Which one.
        source: u32,
        /// The selection, in the frame that holds the sources.
        selection: NodeRef<'e>,
    },
}

/// A set.
#[derive(Debug)]
pub struct AttrsExpr<'e> {
    /// Its static names.
    pub bindings: Bindings<'e>,
    /// Whether the names are visible in the values: then there is a frame.
    pub recursive: bool,
    /// Computed names with their values, and where they are written; evaluated inside the frame.
    pub dynamic: &'e [(NodeRef<'e>, NodeRef<'e>, Pos)],
    /// Where among the bindings `__overrides` is, if it means something here.
    pub overrides: Option<usize>,
}
