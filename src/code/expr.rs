//! The expression tree that the evaluator runs: variables resolved, syntactic sugar removed, everything in the arena.
//!
//! A *unit* is code that runs as a whole: the body of a function with its arguments, or an expression that is
//! evaluated later ([`Unit`]). Each unit has a frame with one slot for each argument and for each name that `let`,
//! `with` and `rec` bind in it. Variables of enclosing units are *captured*: copied when the thunk or closure is
//! created. Therefore a frame dies with its call, and a value keeps alive only what it uses.

use std::cell::Cell;

use super::shape::{InlineCache, Shape};
use super::string::Str;
use super::symbol::Symbol;
use crate::source::{Pos, Span};

/// An expression and the span it was parsed from.
#[derive(Debug)]
pub struct Node<'e> {
    /// The expression.
    pub expr: Expr<'e>,
    /// Its span.
    pub span: Span,
}

/// A reference to an expression in the arena.
pub(crate) type NodeRef<'e> = &'e Node<'e>;

/// The kinds of expressions.
#[derive(Debug)]
pub enum Expr<'e> {
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// A string without interpolation, or a URL literal.
    Str(&'e Str<'e>),
    /// A string with interpolations.
    Interpolated(&'e [Part<'e>]),
    /// An absolute path, normalized.
    Path(&'e Str<'e>),
    /// A path with interpolations; the first part is its absolute prefix.
    InterpolatedPath(&'e [Part<'e>]),
    /// `<name>`
    SearchPath(&'e [u8]),
    /// A variable of this unit, by its slot.
    Slot(u32),
    /// A variable of an enclosing unit, by its index among the captures.
    Captured(u32),
    /// A variable without a lexical binding: a global name, by its index.
    Global(u32),
    /// A variable that only an enclosing `with` can supply.
    With {
        /// The name.
        name: Symbol,
        /// Where the namespaces of the enclosing `with`s are, innermost first.
        namespaces: &'e [Variable],
    },
    /// An expression that becomes a thunk. Occurs where a value may be lazy: arguments, elements, bindings.
    Delayed(&'e Unit<'e>),
    /// `base.path or default`
    Select {
        /// The set to select from.
        base: NodeRef<'e>,
        /// The attribute path.
        path: &'e [Name<'e>],
        /// The expression after `or`.
        default: Option<NodeRef<'e>>,
    },
    /// `base ? path`
    HasAttr {
        /// The set to look in.
        base: NodeRef<'e>,
        /// The attribute path.
        path: &'e [Name<'e>],
    },
    /// A call; `f a b` is one call with two arguments.
    Apply {
        /// The function.
        function: NodeRef<'e>,
        /// The arguments.
        arguments: &'e [NodeRef<'e>],
    },
    /// A function.
    Lambda(&'e Lambda<'e>),
    /// `let … in body`
    Let {
        /// The bindings, one slot each.
        bindings: &'e Bindings<'e>,
        /// The binding that the body needs first, if it uses no other binding: it is evaluated at once, without a
        /// thunk.
        first: Option<u32>,
        /// The expression after `in`.
        body: NodeRef<'e>,
    },
    /// A set literal.
    Attrs(&'e AttrsExpr<'e>),
    /// A list literal.
    List(&'e [NodeRef<'e>]),
    /// `if … then … else …`
    If(NodeRef<'e>, NodeRef<'e>, NodeRef<'e>),
    /// `assert condition; body`
    Assert(NodeRef<'e>, NodeRef<'e>),
    /// `with namespace; body`
    WithIn {
        /// The namespace.
        namespace: NodeRef<'e>,
        /// The slot that holds it.
        slot: u32,
        /// The expression after the semicolon.
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

/// A variable, by where the running unit finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// In a slot of its own frame.
    Slot(u32),
    /// Among its captures.
    Captured(u32),
}

/// An expression that runs later or elsewhere.
#[derive(Debug)]
pub struct Unit<'e> {
    /// The expression.
    pub body: NodeRef<'e>,
    /// Which variables of the enclosing unit it captures.
    pub captures: &'e [Variable],
    /// The number of slots in its frame.
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
    /// Literal text.
    Text(&'e [u8]),
    /// `${…}`
    Value(NodeRef<'e>),
}

/// A name in an attribute path.
#[derive(Debug)]
pub enum Name<'e> {
    /// A name written out.
    Static(Symbol, InlineCache),
    /// A computed name.
    Dynamic(NodeRef<'e>),
}

/// A function of one or more arguments: `a: b: { c }: …` is one function of three, with one frame.
#[derive(Debug)]
pub struct Function<'e> {
    /// Which variables of the enclosing unit it captures.
    pub captures: &'e [Variable],
    /// The number of slots in its frame, which starts with all arguments and the names of the pattern. The last
    /// argument has a slot even if it has no name.
    pub slots: u32,
    /// The arguments that the body needs first, in the order in which it evaluates them.
    pub needed: &'e [u32],
    /// The arguments before the last one, which take the first slots.
    pub leading: &'e [Symbol],
    /// The name of the last argument, if it has one; its slot follows those of `leading`.
    pub argument: Option<Symbol>,
    /// The pattern of the last argument, if it has one. Its names take the slots after the last argument's.
    pub pattern: Option<&'e Pattern<'e>>,
    /// The expression after the last colon.
    pub body: NodeRef<'e>,
    /// The name that the function is bound to in the text: `f` in `f = x: { y }: …`, for both functions. A computed
    /// name is set when it is known (see [`Expr::set_function_name`]).
    pub name: Cell<Option<Symbol>>,
}

/// A function to which some arguments may already be applied.
#[derive(Debug)]
pub struct Lambda<'e> {
    /// The function.
    pub function: &'e Function<'e>,
    /// How many arguments have been applied.
    pub given: usize,
    /// This function with one more argument applied; `None` if only the last is missing.
    pub after: Option<&'e Self>,
    /// Where the function of the next argument begins in the text.
    pub pos: Pos,
}

impl<'e> std::ops::Deref for Lambda<'e> {
    type Target = Function<'e>;

    fn deref(&self) -> &Self::Target {
        self.function
    }
}

impl Expr<'_> {
    /// Names a function, and the functions it returns directly, after the name it is bound to.
    pub fn set_function_name(&self, name: Symbol) {
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

    /// The name of the next argument, if it has one.
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
    /// The names, sorted by symbol.
    pub formals: &'e [Formal<'e>],
    /// Whether the pattern accepts other names.
    pub ellipsis: bool,
}

/// One name of a pattern.
#[derive(Debug)]
pub struct Formal<'e> {
    /// The name.
    pub name: Symbol,
    /// The expression after `?`, evaluated in the function's own frame.
    pub default: Option<NodeRef<'e>>,
    /// Where the name is written.
    pub pos: Pos,
}

/// The bindings of a `let` or of a set.
#[derive(Debug)]
pub struct Bindings<'e> {
    /// The names with their values, sorted by symbol. If the bindings see each other, each has a slot, in this order.
    pub entries: &'e [Binding<'e>],
    /// The sources of `inherit (source) …`; their slots follow the entries'.
    pub sources: &'e [NodeRef<'e>],
    /// The first slot.
    pub first: u32,
}

impl<'e> Bindings<'e> {
    /// The expressions that fill the slots, each with whether it uses none of these bindings.
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
    /// Where its attribute path begins in the text.
    pub pos: Pos,
    /// Its value.
    pub value: BindingValue<'e>,
    /// Whether its value uses none of the other bindings.
    pub alone: bool,
}

/// The value of a binding.
#[derive(Debug, Clone, Copy)]
pub enum BindingValue<'e> {
    /// An expression; it sees the bindings if they are recursive.
    Inner(NodeRef<'e>),
    /// `inherit name;`: a variable of the enclosing scope.
    Outer(NodeRef<'e>),
    /// `inherit (source) name;`: an attribute of the source.
    From {
        /// The index of the source.
        source: u32,
        /// The selection.
        selection: NodeRef<'e>,
    },
}

impl<'e> BindingValue<'e> {
    /// The expression of the value.
    pub fn node(self) -> NodeRef<'e> {
        match self {
            Self::Inner(node) | Self::Outer(node) => node,
            Self::From { selection, .. } => selection,
        }
    }
}

/// A set literal.
#[derive(Debug)]
pub struct AttrsExpr<'e> {
    /// The bindings with static names.
    pub bindings: Bindings<'e>,
    /// The shape of a set with these names.
    pub shape: &'e Shape<'e>,
    /// Whether the values see the names (`rec`).
    pub recursive: bool,
    /// Bindings with computed names: name, value, and position; in a recursive set they see the static names.
    pub dynamic: &'e [(NodeRef<'e>, NodeRef<'e>, Pos)],
    /// The index of `__overrides` among the bindings, in a recursive set that has it.
    pub overrides: Option<usize>,
}
