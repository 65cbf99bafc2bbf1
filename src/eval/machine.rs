//! The evaluator itself: what it is made of, and how it is set up.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bumpalo::Bump;
use rustc_hash::FxHashMap;

use super::builtins;
use super::error::Failures;
use super::names;
use super::regex::Regex;
use super::shapes::Shapes;
use super::stack;
use super::value::{Attrs, List, TaggedValue, Thunk, Value};
use super::written::Written;
use crate::diag::Diagnostic;
use crate::source::{Files, MountedFiles, Pos, SourceMap, Span};
use crate::syntax::expr::{Expr, Node, Place, Unit};
use crate::syntax::{LiteralLints, Shape, Str, Symbol, Symbols};

/// Where everything that an evaluation makes lives; nothing of it is freed before the arena is.
#[derive(Default)]
pub struct Arena {
    pub(super) bump: Bump,
    pub(super) failures: Failures,
}

impl Arena {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

/// How a configuration is evaluated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What `<name>` looks through: a prefix, which may be empty, and the path that it stands for.
    pub search_path: Vec<(String, PathBuf)>,
    /// Where relative entries of a search path that `builtins.findFile` is given begin.
    pub directory: PathBuf,
    /// What `builtins.getEnv` and `~` see of the environment; empty where it must not matter.
    pub environment: BTreeMap<OsString, OsString>,
    /// What `builtins.currentTime` gives, in seconds; `None` where another evaluation must give the same.
    pub current_time: Option<i64>,
    /// Whether what only nixpkgs, Nix or the network knows is an unknown value (else it is an error, as in Nix).
    pub unknowns: bool,
    /// Whether what evaluates of a configuration is read though something else fails (`--keep-going`).
    pub keep_going: bool,
    /// Whether `|>` and `<|` are operators (Nix's experimental feature `pipe-operators`).
    pub pipe_operators: bool,
    /// How literals are taken of which Nix can warn.
    pub literal_lints: LiteralLints,
    /// Whether the evaluation is pure, as Nix's is of a flake without `--impure`: nothing of the environment counts, and
    /// `builtins` has neither a time nor a system.
    pub pure: bool,
    /// Whether references to flakes are read (Nix's experimental feature `flakes`).
    pub flakes: bool,
    /// Whether `fromTOML` takes dates and times (Nix's experimental feature `parse-toml-timestamps`).
    pub toml_timestamps: bool,
    /// Takes what `builtins.trace` and `builtins.warn` say, a message each.
    pub log: Option<fn(&str)>,
    /// Nix's `max-call-depth`.
    pub max_call_depth: u32,
    /// How many bytes an evaluation may take.
    pub most_memory: usize,
    /// Set by somebody else when the evaluation has taken too long.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            search_path: Vec::new(),
            directory: PathBuf::from("/"),
            environment: BTreeMap::new(),
            current_time: None,
            unknowns: false,
            keep_going: false,
            pipe_operators: false,
            literal_lints: LiteralLints::default(),
            pure: false,
            flakes: false,
            toml_timestamps: false,
            log: None,
            max_call_depth: 10_000,
            most_memory: 8 << 30,
            stop: None,
        }
    }
}

/// Names that the machine itself looks for.
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

/// One evaluation.
pub struct Evaluator<'e> {
    pub(super) bump: &'e Bump,
    pub(super) failures: &'e Failures,
    pub(super) symbols: Symbols<'e>,
    pub(super) files: Rc<MountedFiles<'e>>,
    pub(super) sources: &'e SourceMap,
    pub(super) settings: Settings,
    pub(super) common: Common,
    pub(super) globals: Vec<TaggedValue<'e>>,
    pub(super) global_names: FxHashMap<Symbol, u32>,
    pub(super) imports: FxHashMap<PathBuf, Value<'e>>,
    pub(super) parsed: FxHashMap<PathBuf, &'e Unit<'e>>,
    pub(super) embedded: FxHashMap<PathBuf, &'static str>,
    /// What was computed to be in the store, by its path.
    pub(super) written: FxHashMap<&'e str, Written<'e>>,
    /// Store paths of copies of paths.
    pub(super) copies: FxHashMap<&'e [u8], &'e Str<'e>>,
    pub(super) stand_in: Option<(String, PathBuf)>,
    /// What files of nixpkgs' source give, wherever that is.
    pub(super) within_nixpkgs: Vec<(&'static str, Value<'e>)>,
    /// What was met on the way and keeps nothing from going on.
    pub(super) remarks: Vec<Diagnostic>,
    /// What Nix's lints found in the texts that were read.
    pub(super) warnings: Vec<Diagnostic>,
    /// What `builtins.getFlake` is, where flakes are evaluated.
    pub(super) flake_getter: Option<Value<'e>>,
    /// What made those thunks that turned out to be unknown: two of them may be the same value, or not.
    pub(super) origins: FxHashMap<*const Thunk<'e>, &'e Thunk<'e>>,
    /// The places of the definitions that elements of merged lists are of.
    pub(super) element_places: FxHashMap<*const List<'e>, &'e [Pos]>,
    pub(super) patterns: FxHashMap<&'e [u8], std::rc::Rc<Regex>>,
    /// Gives what it captured.
    pub(super) stand_in_unit: &'e Unit<'e>,
    pub(super) shapes: Shapes<'e>,
    /// What is empty is always the same.
    pub(super) no_items: &'e List<'e>,
    pub(super) no_attrs: &'e Attrs<'e>,
    pub(super) depth: u32,
    /// How many branches that Nix may not take are being evaluated within each other, and how many were so far.
    pub(super) guessing: u32,
    pub(super) guesses: u32,
    /// How many callers go on another way where a value needs itself.
    pub(super) catching_circles: u32,
    /// How often that happened.
    pub(super) circles: u32,
    /// Steps until memory and time are looked at again.
    pub(super) until_check: u32,
    pub(super) growing: Option<super::append::Growing>,
    /// Empty, with room for the next text in the making.
    pub(super) text_room: Vec<u8>,
    pub(super) lowest_address: usize,
    /// Where the stack stood at the beginning.
    pub(super) first_address: usize,
}

impl<'e> Evaluator<'e> {
    /// An evaluator whose values live in `arena`, which reads through `files` and keeps the texts in `sources`.
    pub fn new(arena: &'e Arena, files: &'e (dyn Files + 'e), sources: &'e SourceMap, settings: Settings) -> Self {
        let bump = &arena.bump;
        let symbols = Symbols::default();
        let symbol = |name| symbols.intern(bump, name);
        for name in names::FIRST.split(' ') {
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
        let mut evaluator = Self {
            bump,
            failures: &arena.failures,
            symbols,
            files: Rc::new(MountedFiles::new(files)),
            sources,
            settings,
            common,
            globals: Vec::new(),
            global_names: FxHashMap::default(),
            imports: FxHashMap::default(),
            parsed: FxHashMap::default(),
            embedded: FxHashMap::default(),
            written: FxHashMap::default(),
            copies: FxHashMap::default(),
            stand_in: None,
            within_nixpkgs: Vec::new(),
            remarks: Vec::new(),
            warnings: Vec::new(),
            flake_getter: None,
            origins: FxHashMap::default(),
            element_places: FxHashMap::default(),
            patterns: FxHashMap::default(),
            stand_in_unit: bump.alloc(Unit {
                body: bump.alloc(Node { expr: Expr::Captured(0), span: Span::NONE }),
                captures: bump.alloc_slice_copy(&[Place::Slot(0)]),
                slots: 0,
            }),
            shapes: Shapes::default(),
            no_items: bump.alloc(List::new(&[])),
            no_attrs: Attrs::new(bump, bump.alloc(Shape::new(&[])), std::iter::empty(), None),
            depth: 0,
            guessing: 0,
            guesses: 0,
            catching_circles: 0,
            circles: 0,
            until_check: 0,
            growing: None,
            text_room: Vec::new(),
            lowest_address: stack::lowest_address(),
            first_address: stack::address(),
        };
        builtins::install(&mut evaluator);
        evaluator
    }
}
