//! The option tree of one evaluation: what may be defined, with which type and default.
//!
//! It is made of two sources: the table of NixOS's own options (`declarations`), and the options that a configuration
//! declares (`declare`), whose types are values of `lib.types` (`nix_type`).
//!
//! Invariants:
//! - A tree is built once; instances of a submodule share the part of it that does not depend on the instance.
//! - Types of a configuration's own are looked at when the first definition is merged, as nixpkgs does.

use std::cell::{Cell, OnceCell};

use super::context::Path;
use super::scope::Scope;
use super::types::{self, Declaration, Extra, Options};
use crate::eval::{Evaluator, Symbol, Unknown, Value};
use crate::source::Pos;

/// A type, in the arena.
pub(super) struct Type<'e> {
    /// How its definitions are checked and merged: set once, for a type may be a part of itself.
    pub(super) kind: Cell<Kind<'e>>,
    /// A check in the Nix language that comes on top of what `kind` says.
    pub(super) check: Option<Value<'e>>,
    /// Where its description is.
    pub(super) named: Named<'e>,
}

/// A reference to a type.
pub(super) type TypeRef<'e> = &'e Type<'e>;

/// Who describes a type.
#[derive(Clone, Copy)]
pub(super) enum Named<'e> {
    /// A type of the table.
    Table(&'static types::Type),
    /// A value of `lib.types`.
    Nix(Value<'e>),
}

/// How the definitions of a type are merged.
#[derive(Clone, Copy)]
pub(super) enum Kind<'e> {
    /// All have to be equal; the table says what is taken.
    Scalar(&'static types::Type),
    /// All have to be equal (`mergeEqualOption`).
    Equal,
    /// There has to be exactly one (`mergeOneOption`).
    One,
    /// Joined by a separator (`types.separatedString`).
    Joined(&'e str),
    /// `types.nullOr`
    NullOr(TypeRef<'e>),
    /// `types.either`
    Either(TypeRef<'e>, TypeRef<'e>),
    /// `types.listOf`
    ListOf(TypeRef<'e>),
    /// `types.attrsOf`, or the lazy one.
    AttrsOf {
        /// The type of the values.
        element: TypeRef<'e>,
        /// Whether it is `types.lazyAttrsOf`.
        lazy: bool,
    },
    /// `types.submodule`, `types.submoduleWith`
    Submodule(&'e Submodule<'e>),
    /// `containers.<name>.config`
    Guest,
    /// `types.anything`
    Anything,
    /// A type whose `merge` is the configuration's own.
    Opaque,
    /// A type that cannot be known.
    Unknown(&'e Unknown),
}

/// The options of a submodule type.
pub(super) struct Submodule<'e> {
    /// Those of the table.
    pub(super) table: Option<&'e Tree<'e>>,
    /// Modules of the configuration's own.
    pub(super) modules: &'e [(Value<'e>, Pos)],
    /// `specialArgs` of `submoduleWith`.
    pub(super) special: Option<Value<'e>>,
    /// Whether a definition that is a set is configuration alone (`shorthandOnlyDefinesConfig`).
    pub(super) shorthand: bool,
    /// Whether its modules stand in `imports`: those of an option's type do (`fixupOptionType`).
    pub(super) wrapped: bool,
}

/// A level of options.
pub(super) struct Tree<'e> {
    /// Its names, sorted.
    pub(super) entries: &'e [(Symbol, Node<'e>)],
    /// Whether there may be more options here than are known: others are let pass.
    pub(super) open: bool,
}

/// What stands under a name.
#[derive(Clone, Copy)]
pub(super) enum Node<'e> {
    /// A level below.
    Level(&'e Tree<'e>),
    /// An option.
    Option(&'e Opt<'e>),
    /// What a configuration declares there; looked at when it is asked for (`declare::resolve`).
    Declared(&'e Declared<'e>),
    /// Nothing that is known.
    Undeclared,
}

/// Declarations of one name.
pub(super) struct Declared<'e> {
    /// What the table says of it.
    pub(super) table: Option<&'e Node<'e>>,
    /// Options, or sets of them.
    pub(super) values: &'e [(Value<'e>, Pos)],
    /// Its path.
    pub(super) path: Path<'e>,
    /// Whose it is.
    pub(super) scope: &'e Scope<'e>,
    /// Whether nixpkgs may declare something beside it.
    pub(super) may_be_nixpkgs: bool,
    /// What it came to.
    pub(super) resolved: OnceCell<Node<'e>>,
}

/// An option.
pub(super) struct Opt<'e> {
    ty: OnceCell<TypeRef<'e>>,
    /// Its type with what its declarations say, once that is asked for.
    pub(super) joined: OnceCell<TypeRef<'e>>,
    /// What it is when nothing defines it.
    pub(super) default: Default<'e>,
    /// What NixOS does with it beside merging.
    pub(super) extra: Extra,
    /// `apply`
    pub(super) apply: Option<Value<'e>>,
    /// `readOnly`
    pub(super) read_only: bool,
    /// Its declarations in the configuration: sets that `mkOption` made.
    pub(super) declared: &'e [(Value<'e>, Pos)],
    /// Sets of options that are declared below it, which are options of its submodules.
    pub(super) below: &'e [(Value<'e>, Pos)],
}

/// What an option is when nothing defines it.
#[derive(Clone, Copy)]
pub(super) enum Default<'e> {
    /// The table says.
    Table(types::Default),
    /// `default` of a declaration.
    Value(Value<'e>),
    /// Nothing: it has to be defined.
    None,
}

impl<'e> Opt<'e> {
    /// An option of the configuration's own.
    pub(super) fn declared(declared: &'e [(Value<'e>, Pos)]) -> Self {
        Self {
            ty: OnceCell::new(),
            joined: OnceCell::new(),
            default: Default::None,
            extra: Extra::None,
            apply: None,
            read_only: false,
            declared,
            below: &[],
        }
    }

    /// Its type, where that is known already.
    pub(super) fn known_type(&self) -> Option<TypeRef<'e>> {
        self.ty.get().copied()
    }

    /// Keeps the type.
    pub(super) fn set_type(&self, ty: TypeRef<'e>) -> TypeRef<'e> {
        self.ty.get_or_init(|| ty)
    }
}

impl<'e> Tree<'e> {
    /// What stands under `name`.
    pub(super) fn get(&self, name: Symbol) -> Option<Node<'e>> {
        let at = self.entries.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(self.entries[at].1)
    }
}

/// A tree made of the table.
pub(super) fn table<'e>(ev: &Evaluator<'e>, options: &'static Options) -> &'e Tree<'e> {
    let mut entries: Vec<(Symbol, Node<'e>)> = Vec::new();
    for declaration in options.options {
        entries.push((ev.symbol(declaration.name), Node::Option(ev.alloc(option(ev, declaration)))));
    }
    for (name, group) in options.groups {
        entries.push((ev.symbol(name), Node::Level(table(ev, group))));
    }
    entries.sort_by_key(|(name, _)| *name);
    ev.alloc(Tree { entries: ev.alloc_slice(&entries), open: options.open })
}

fn option<'e>(ev: &Evaluator<'e>, declaration: &'static Declaration) -> Opt<'e> {
    Opt {
        ty: OnceCell::from(table_type(ev, &declaration.ty)),
        default: Default::Table(declaration.default),
        extra: declaration.extra,
        apply: None,
        read_only: false,
        joined: OnceCell::new(),
        declared: &[],
        below: &[],
    }
}

fn table_type<'e>(ev: &Evaluator<'e>, ty: &'static types::Type) -> TypeRef<'e> {
    let kind = match ty {
        types::Type::NullOr(inner) => Kind::NullOr(table_type(ev, inner)),
        types::Type::Either(a, b) => Kind::Either(table_type(ev, a), table_type(ev, b)),
        types::Type::ListOf(element) => Kind::ListOf(table_type(ev, element)),
        types::Type::AttrsOf(element) => Kind::AttrsOf { element: table_type(ev, element), lazy: false },
        types::Type::Submodule(options) => Kind::Submodule(ev.alloc(Submodule {
            table: Some(table(ev, options)),
            modules: &[],
            special: None,
            shorthand: true,
            wrapped: true,
        })),
        types::Type::Guest => Kind::Guest,
        types::Type::Anything => Kind::Anything,
        types::Type::Lines => Kind::Joined("\n"),
        types::Type::Bool
        | types::Type::Str
        | types::Type::Path
        | types::Type::Int { .. }
        | types::Type::Enum(_)
        | types::Type::StrMatching { .. } => Kind::Scalar(ty),
    };
    ev.alloc(Type { kind: Cell::new(kind), check: None, named: Named::Table(ty) })
}
