//! What all scopes of one configuration share, the host's or a guest's.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;

use super::definition::Definition;
use super::nix_type::Prototypes;
use super::option::TypeRef;
use super::scope::Scope;
use crate::diag::{Code, Diagnostic};
use crate::eval::{Attrs, Evaluator, Symbol, Unknown, Value};
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::view::Bound;
use crate::source::{Pos, Span};

/// Shared state of one configuration, in the evaluator's arena.
pub(super) struct Context<'e> {
    /// Where options are set, recorded during evaluation.
    notes: RefCell<Vec<(Path<'e>, Pos)>>,
    /// Where the elements of a list are defined, for lists that several definitions contribute to.
    elements: RefCell<Vec<(Path<'e>, &'e [Pos])>>,
    /// The definitions of container options that might not be fully known, by option path.
    pub(super) defined: RefCell<Vec<(Path<'e>, &'e [Definition<'e>])>>,
    /// Findings that do not stop the evaluation.
    pub(super) findings: RefCell<Vec<Diagnostic>>,
    /// The scope of the host, once created.
    pub(super) host: OnceCell<&'e Scope<'e>>,
    /// The argument `lib`.
    pub(super) lib: Value<'e>,
    /// The platform that a flake passes (`nixosSystem { system = …; }`).
    pub(super) system: Option<Value<'e>>,
    /// The packages that a flake passes (`nixosSystem { pkgs = …; }`).
    pub(super) given: Option<Value<'e>>,
    /// The argument `pkgs`, once it is needed.
    pub(super) packages: Cell<Option<Value<'e>>>,
    /// The guests: definitions of `containers.<name>.config`, by container name.
    pub(super) guests: RefCell<BTreeMap<Symbol, &'e [Definition<'e>]>>,
    /// Definitions of `containers.<name>.config` whose conditions are not evaluated yet, by container name.
    pub(super) said_of_guests: RefCell<BTreeMap<Symbol, &'e [Definition<'e>]>>,
    /// The certain elements of lists that are not fully known, by option path, with the reason.
    pub(super) bounds: RefCell<Vec<(Path<'e>, Vec<Value<'e>>, Bound)>>,
    /// Definitions of `containers` that fail beside others, as values that fail when forced (`--keep-going`).
    pub(super) failing: RefCell<Vec<Value<'e>>>,
    /// The functions that identify `lib`'s types, once needed.
    pub(super) prototypes: OnceCell<&'e Prototypes<'e>>,
    /// The types being recognised, each nested in the one before.
    pub(super) recognising: RefCell<Vec<(*const Attrs<'e>, TypeRef<'e>)>>,
    /// Whether a module has an error, so that its definitions are missing.
    pub(super) broken: Cell<bool>,
    /// Why NixOS may open more firewall ports, once computed.
    pub(super) ports: OnceCell<Option<(Bound, &'e Unknown)>>,
}

impl<'e> Context<'e> {
    /// Creates a context without a configuration.
    pub(super) fn new(lib: Value<'e>, system: Option<Value<'e>>) -> Self {
        Self {
            notes: RefCell::default(),
            elements: RefCell::default(),
            defined: RefCell::default(),
            findings: RefCell::default(),
            host: OnceCell::new(),
            lib,
            system,
            given: None,
            packages: Cell::new(None),
            guests: RefCell::default(),
            said_of_guests: RefCell::default(),
            bounds: RefCell::default(),
            failing: RefCell::default(),
            prototypes: OnceCell::new(),
            recognising: RefCell::default(),
            broken: Cell::new(false),
            ports: OnceCell::new(),
        }
    }

    /// Adds a finding, unless it is already recorded.
    pub(super) fn find(&self, diagnostic: Diagnostic) {
        let mut findings = self.findings.borrow_mut();
        if !findings.contains(&diagnostic) {
            findings.push(diagnostic);
        }
    }

    /// Adds a finding, unless one with the same message is recorded at any location.
    pub(super) fn find_once(&self, diagnostic: Diagnostic) {
        let mut findings = self.findings.borrow_mut();
        if !findings.iter().any(|found| found.message == diagnostic.message) {
            findings.push(diagnostic);
        }
    }

    /// Whether a module is missing or has an error.
    pub(super) fn is_missing_modules(&self) -> bool {
        self.broken.get() || self.findings.borrow().iter().any(|finding| finding.code == Code::MissingModule)
    }

    /// Records that `path` is set at `pos`.
    pub(super) fn note(&self, path: Path<'e>, pos: Pos) {
        if pos.is_some() {
            self.notes.borrow_mut().push((path, pos));
        }
    }

    /// Records where the elements of the list at `path` are defined.
    pub(super) fn note_elements(&self, ev: &Evaluator<'e>, path: Path<'e>, places: &[Pos]) {
        self.elements.borrow_mut().push((path, ev.heap.alloc_slice(places)));
    }

    /// Keeps the definitions of a container option, to compute a key if its value is unknown.
    pub(super) fn keep(&self, ev: &mut Evaluator<'e>, path: Path<'e>, definitions: &[Definition<'e>]) {
        let first = path.symbols().first().copied();
        if first == Some(ev.heap.symbol("containers")) && !definitions.is_empty() {
            self.defined.borrow_mut().push((path, ev.heap.alloc_slice(definitions)));
        }
    }

    /// Returns where the options evaluated so far are set.
    pub(super) fn spans(&self, ev: &Evaluator<'e>) -> OptionSpans {
        let mut spans = OptionSpans::default();
        for (path, pos) in self.notes.borrow().iter() {
            // Skip positions inside the built-in `lib`: the user's call around them is recorded too.
            if !super::lib::is_built_in(ev, *pos) {
                spans
                    .add(path.symbols().into_iter().map(|name| ev.heap.name(name)), ev.report.attribute_span(*pos));
            }
        }
        for (path, places) in self.elements.borrow().iter() {
            let span = |pos: &Pos| match pos.is_some() && !super::lib::is_built_in(ev, *pos) {
                true => ev.report.attribute_span(*pos),
                false => Span::NONE,
            };
            let names = path.symbols().into_iter().map(|name| ev.heap.name(name));
            spans.add_elements(names, places.iter().map(span).collect());
        }
        spans
    }
}

/// An option path, as a list in the arena: cheap to extend, and turned into text only for output.
#[derive(Clone, Copy)]
pub(super) struct Path<'e>(Option<&'e PathLink<'e>>);

struct PathLink<'e> {
    name: Symbol,
    around: Path<'e>,
}

impl<'e> Path<'e> {
    /// The root of the configuration.
    pub(super) const ROOT: Self = Self(None);

    /// Appends a name.
    pub(super) fn join(self, ev: &Evaluator<'e>, name: Symbol) -> Self {
        Self(Some(ev.heap.alloc(PathLink { name, around: self })))
    }

    /// Whether both are the same allocation, not just equal.
    pub(super) fn is_same(self, other: Self) -> bool {
        match (self.0, other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }

    /// Returns the last name.
    pub(super) fn last(self) -> Option<Symbol> {
        self.0.map(|link| link.name)
    }

    /// Returns the path without its last name.
    pub(super) fn parent(self) -> Self {
        self.0.map_or(self, |link| link.around)
    }

    /// Returns the names, outermost first.
    pub(super) fn symbols(self) -> Vec<Symbol> {
        let mut names = Vec::new();
        let mut next = self.0;
        while let Some(link) = next {
            names.push(link.name);
            next = link.around.0;
        }
        names.reverse();
        names
    }

    /// Converts the path to text.
    pub(super) fn names(self, ev: &Evaluator<'e>) -> OptionPath {
        OptionPath::new(self.symbols().into_iter().map(|name| ev.heap.name(name)))
    }
}
