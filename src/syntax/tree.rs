//! The trees that the parser produces, with names still unresolved. A tree lives until its text has been lowered.
//!
//! Sets remain mutable during parsing because `a.b = 1; a.c = 2;` is one set (see [`super::sets`]).

use std::cell::RefCell;

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use crate::code::Str;
use crate::code::Symbol;
use crate::code::expr::Operator;
use crate::source::{Pos, Span};

/// An expression and its span. `'t` is the parse, `'e` the evaluation.
pub(super) struct Tree<'t, 'e> {
    pub(super) kind: Kind<'t, 'e>,
    pub(super) span: Span,
}

pub(super) type TreeRef<'t, 'e> = &'t Tree<'t, 'e>;

#[derive(Clone, Copy)]
pub(super) enum Kind<'t, 'e> {
    Int(i64),
    Float(f64),
    Str(&'e Str<'e>),
    Interpolated(&'t [Piece<'t, 'e>]),
    Path(&'e Str<'e>),
    InterpolatedPath(&'t [Piece<'t, 'e>]),
    SearchPath(&'e Str<'e>),
    Variable(Symbol),
    Select(TreeRef<'t, 'e>, &'t [Name<'t, 'e>], Option<TreeRef<'t, 'e>>),
    HasAttr(TreeRef<'t, 'e>, &'t [Name<'t, 'e>]),
    Apply(TreeRef<'t, 'e>, &'t [TreeRef<'t, 'e>]),
    Lambda(&'t Lambda<'t, 'e>),
    Let(&'t RefCell<Set<'t, 'e>>, TreeRef<'t, 'e>),
    Set(&'t RefCell<Set<'t, 'e>>),
    List(&'t [TreeRef<'t, 'e>]),
    If(TreeRef<'t, 'e>, TreeRef<'t, 'e>, TreeRef<'t, 'e>),
    Assert(TreeRef<'t, 'e>, TreeRef<'t, 'e>),
    With(TreeRef<'t, 'e>, TreeRef<'t, 'e>),
    Not(TreeRef<'t, 'e>),
    Negate(TreeRef<'t, 'e>),
    Binary(Operator, TreeRef<'t, 'e>, TreeRef<'t, 'e>),
    CurPos,
}

/// A part of a string.
#[derive(Clone, Copy)]
pub(super) enum Piece<'t, 'e> {
    Text(&'e Str<'e>),
    Hole(TreeRef<'t, 'e>),
}

/// A name in an attribute path.
#[derive(Clone, Copy)]
pub(super) enum Name<'t, 'e> {
    Static(Symbol),
    Dynamic(TreeRef<'t, 'e>),
}

/// A function.
pub(super) struct Lambda<'t, 'e> {
    pub(super) argument: Option<Symbol>,
    pub(super) pattern: Option<Pattern<'t, 'e>>,
    pub(super) body: TreeRef<'t, 'e>,
}

/// `{ a, b ? 1, ... }`, sorted by name.
pub(super) struct Pattern<'t, 'e> {
    pub(super) formals: &'t [Formal<'t, 'e>],
    pub(super) ellipsis: bool,
}

#[derive(Clone, Copy)]
pub(super) struct Formal<'t, 'e> {
    pub(super) name: Symbol,
    pub(super) span: Span,
    pub(super) default: Option<TreeRef<'t, 'e>>,
}

/// A set that is being parsed.
pub(super) struct Set<'t, 'e> {
    /// Whether the values see the names (`rec`).
    pub(super) recursive: bool,
    pub(super) entries: BumpVec<'t, Entry<'t, 'e>>,
    pub(super) dynamic: BumpVec<'t, (TreeRef<'t, 'e>, TreeRef<'t, 'e>, Pos)>,
    /// The sources of `inherit (source) …`.
    pub(super) sources: BumpVec<'t, TreeRef<'t, 'e>>,
    /// The index of each name, once there are many.
    pub(super) index: Option<HashMap<Symbol, usize, FxBuildHasher, &'t Bump>>,
}

#[derive(Clone, Copy)]
pub(super) struct Entry<'t, 'e> {
    pub(super) name: Symbol,
    pub(super) pos: Pos,
    pub(super) value: Value<'t, 'e>,
}

#[derive(Clone, Copy)]
pub(super) enum Value<'t, 'e> {
    Tree(TreeRef<'t, 'e>),
    /// `inherit name;`
    Inherited(Span),
    /// `inherit (source) name;`
    From(u32, Span),
}
