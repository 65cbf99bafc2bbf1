//! The evaluator: its state and its settings.

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

/// Owns everything that an evaluation allocates, and frees it all at once.
#[derive(Default)]
pub struct Arena {
    pub(super) bump: Bump,
    pub(super) failures: Failures,
}

impl Arena {
    /// An empty arena.
    pub fn new() -> Self {
        Self::default()
    }
}

/// How to evaluate a configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The search path of `<name>`: prefixes, which may be empty, with their paths.
    pub search_path: Vec<(String, PathBuf)>,
    /// The directory that relative entries of a search path passed to `builtins.findFile` start from.
    pub directory: PathBuf,
    /// The environment that `builtins.getEnv` and `~` see; empty if the result must not depend on it.
    pub environment: BTreeMap<OsString, OsString>,
    /// The result of `builtins.currentTime`, in seconds; `None` if evaluations must be reproducible.
    pub current_time: Option<i64>,
    /// Make values that only nixpkgs, Nix or the network knows unknown instead of an error.
    pub unknowns: bool,
    /// Read what evaluates even if other parts of the configuration fail (`--keep-going`).
    pub keep_going: bool,
    /// Accept the operators `|>` and `<|` (Nix's experimental feature `pipe-operators`).
    pub pipe_operators: bool,
    /// The levels of Nix's lints for literals.
    pub literal_lints: LiteralLints,
    /// Evaluate purely, as Nix evaluates a flake without `--impure`: without the environment, the current time and the
    /// current system.
    pub pure: bool,
    /// Accept flake references (Nix's experimental feature `flakes`).
    pub flakes: bool,
    /// Let `fromTOML` accept dates and times (Nix's experimental feature `parse-toml-timestamps`).
    pub toml_timestamps: bool,
    /// Receives each message of `builtins.trace` and `builtins.warn`.
    pub log: Option<fn(&str)>,
    /// Nix's `max-call-depth`.
    pub max_call_depth: u32,
    /// How many bytes the evaluation may use.
    pub most_memory: usize,
    /// Set from outside when the evaluation has taken too long.
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

/// Symbols that the evaluator itself needs.
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

/// The state of one evaluation.
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
    /// What the store would hold, by store path.
    pub(super) written: FxHashMap<&'e str, Written<'e>>,
    /// The store paths of copied paths.
    pub(super) copies: FxHashMap<&'e [u8], &'e Str<'e>>,
    pub(super) stand_in: Option<(String, PathBuf)>,
    /// Provided values for files of nixpkgs' source, wherever it is.
    pub(super) within_nixpkgs: Vec<(&'static str, Value<'e>)>,
    /// Notes that do not stop the evaluation.
    pub(super) remarks: Vec<Diagnostic>,
    /// Findings of Nix's lints in the texts read.
    pub(super) warnings: Vec<Diagnostic>,
    /// The function `builtins.getFlake`, if flakes are evaluated.
    pub(super) flake_getter: Option<Value<'e>>,
    /// The thunks that produced unknown values: equal unknowns need not be the same value.
    pub(super) origins: FxHashMap<*const Thunk<'e>, &'e Thunk<'e>>,
    /// Where the elements of merged lists are defined.
    pub(super) element_positions: FxHashMap<*const List<'e>, &'e [Pos]>,
    pub(super) patterns: FxHashMap<&'e [u8], std::rc::Rc<Regex>>,
    /// Code that returns its capture.
    pub(super) stand_in_unit: &'e Unit<'e>,
    pub(super) shapes: Shapes<'e>,
    /// The empty list, shared.
    pub(super) no_items: &'e List<'e>,
    pub(super) no_attrs: &'e Attrs<'e>,
    pub(super) depth: u32,
    /// How many speculative branches are being evaluated within each other, and how many there were so far.
    pub(super) guessing: u32,
    pub(super) guesses: u32,
    /// How many callers can recover from an infinite recursion.
    pub(super) catching_circles: u32,
    /// How often one did.
    pub(super) circles: u32,
    /// Steps until memory and time are checked again.
    pub(super) until_check: u32,
    pub(super) growing: Option<super::append::Growing>,
    /// Spare capacity for the next text under construction.
    pub(super) text_room: Vec<u8>,
    pub(super) lowest_address: usize,
    /// The stack address at the start.
    pub(super) first_address: usize,
}

impl<'e> Evaluator<'e> {
    /// An evaluator that allocates in `arena`, reads through `files`, and stores texts in `sources`.
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
            element_positions: FxHashMap::default(),
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
