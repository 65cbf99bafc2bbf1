//! The option tree of an evaluation: which options exist, with their types and defaults.
//!
//! It has two sources: the table of NixOS's own options (`declarations`), and the options that a configuration declares
//! itself (`declare`), whose types are values of `lib.types` (`nix_type`).
//!
//! Invariants:
//! - A tree is built once; instances of a submodule share the part that does not depend on the instance.
//! - The types of a configuration's own options are read when their first definition is merged, as in nixpkgs.

use std::cell::{Cell, OnceCell};

use super::path::Path;
use super::types::{self, Declaration, Extra, Options};
use crate::eval::{Evaluator, Symbol, Unknown, Value};
use crate::source::Pos;

/// A type, allocated in the arena.
pub(super) struct Type<'e> {
    /// How definitions are checked and merged. Set after allocation, because a type may contain itself.
    pub(super) kind: Cell<Kind<'e>>,
    /// A check written in Nix, in addition to what `kind` checks.
    pub(super) check: Option<Value<'e>>,
    /// Where to find its description.
    pub(super) named: Named<'e>,
}

/// A reference to a type.
pub(super) type TypeRef<'e> = &'e Type<'e>;

/// Where the description of a type comes from.
#[derive(Clone, Copy)]
pub(super) enum Named<'e> {
    /// A type of the table.
    Table(&'static types::Type),
    /// A `lib.types` value.
    Nix(Value<'e>),
}

/// How the definitions of a type are merged.
#[derive(Clone, Copy)]
pub(super) enum Kind<'e> {
    /// All definitions must be equal; the table defines which values are accepted.
    Scalar(&'static types::Type),
    /// All definitions must be equal (`mergeEqualOption`).
    Equal,
    /// There must be exactly one definition (`mergeOneOption`).
    One,
    /// Joined by a separator (`types.separatedString`).
    Joined(&'e str),
    /// `types.nullOr`
    NullOr(TypeRef<'e>),
    /// `types.either`
    Either(TypeRef<'e>, TypeRef<'e>),
    /// `types.listOf`
    ListOf(TypeRef<'e>),
    /// `types.attrsOf` or `types.lazyAttrsOf`.
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
    /// A type with a `merge` function of its own.
    Opaque,
    /// A type that is unknown.
    Unknown(&'e Unknown),
}

/// The options of a submodule type.
pub(super) struct Submodule<'e> {
    /// Options from the table.
    pub(super) table: Option<&'e Tree<'e>>,
    /// Modules from the configuration.
    pub(super) modules: &'e [(Value<'e>, Pos)],
    /// `specialArgs` of `submoduleWith`.
    pub(super) special: Option<Value<'e>>,
    /// Whether a definition that is a set only defines configuration (`shorthandOnlyDefinesConfig`).
    pub(super) shorthand: bool,
    /// Whether nixpkgs puts its modules into `imports`, as `fixupOptionType` does for the type of an option.
    pub(super) wrapped: bool,
}

/// One level of options.
pub(super) struct Tree<'e> {
    /// The names on this level, sorted by symbol.
    pub(super) entries: &'e [(Symbol, Node<'e>)],
    /// Whether unknown options may exist here; undeclared names are then accepted.
    pub(super) open: bool,
}

/// What a name on a level refers to.
#[derive(Clone, Copy)]
pub(super) enum Node<'e> {
    /// A nested level.
    Level(&'e Tree<'e>),
    /// An option.
    Option(&'e Opt<'e>),
    /// Declarations from the configuration, resolved on demand (`declare::resolve`).
    Declared(&'e Declared<'e>),
    /// Nothing known.
    Undeclared,
}

/// The declarations of one name.
pub(super) struct Declared<'e> {
    /// The table's entry for this name.
    pub(super) table: Option<&'e Node<'e>>,
    /// Options, or sets of options.
    pub(super) values: &'e [(Value<'e>, Pos)],
    /// Its path.
    pub(super) path: Path<'e>,
    /// Whether nixpkgs may declare more options below this name.
    pub(super) may_be_nixpkgs: bool,
    /// The result of `declare::resolve`.
    pub(super) resolved: OnceCell<Node<'e>>,
}

/// An option.
pub(super) struct Opt<'e> {
    ty: OnceCell<TypeRef<'e>>,
    /// The type joined with those of its declarations, once computed.
    pub(super) joined: OnceCell<TypeRef<'e>>,
    /// The value if nothing defines the option.
    pub(super) default: Default<'e>,
    /// What NixOS does with the option apart from merging.
    pub(super) extra: Extra,
    /// `apply`
    pub(super) apply: Option<Value<'e>>,
    /// `readOnly`
    pub(super) read_only: bool,
    /// Its declarations in the configuration: the sets made by `mkOption`.
    pub(super) declared: &'e [(Value<'e>, Pos)],
    /// Sets of options declared below it; they become options of its submodules.
    pub(super) below: &'e [(Value<'e>, Pos)],
}

/// The value of an option that nothing defines.
#[derive(Clone, Copy)]
pub(super) enum Default<'e> {
    /// A default from the table.
    Table(types::Default),
    /// The `default` of a declaration.
    Value(Value<'e>),
    /// No default: the option must be defined.
    None,
}

impl<'e> Opt<'e> {
    /// Creates an option from the configuration's own declarations.
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

    /// Returns the type, if already known.
    pub(super) fn known_type(&self) -> Option<TypeRef<'e>> {
        self.ty.get().copied()
    }

    /// Sets the type, unless it is already set.
    pub(super) fn set_type(&self, ty: TypeRef<'e>) -> TypeRef<'e> {
        self.ty.get_or_init(|| ty)
    }
}

impl<'e> Tree<'e> {
    /// Returns the node called `name`.
    pub(super) fn get(&self, name: Symbol) -> Option<Node<'e>> {
        let at = self.entries.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        Some(self.entries[at].1)
    }
}

/// Builds a tree from the table.
pub(super) fn table<'e>(ev: &Evaluator<'e>, options: &'static Options) -> &'e Tree<'e> {
    let mut entries: Vec<(Symbol, Node<'e>)> = Vec::new();
    for declaration in options.options {
        entries.push((ev.heap.symbol(declaration.name), Node::Option(ev.heap.alloc(option(ev, declaration)))));
    }
    for (name, group) in options.groups {
        entries.push((ev.heap.symbol(name), Node::Level(table(ev, group))));
    }
    entries.sort_by_key(|(name, _)| *name);
    ev.heap.alloc(Tree { entries: ev.heap.alloc_slice(&entries), open: options.open })
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
        types::Type::Submodule(options) => Kind::Submodule(ev.heap.alloc(Submodule {
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
    ev.heap.alloc(Type { kind: Cell::new(kind), check: None, named: Named::Table(ty) })
}
