//! What all levels of one evaluation share.

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

/// Shared by all levels of a configuration; lives in the evaluator's arena.
pub(super) struct Context<'e> {
    /// Where options are set, noted as they are evaluated.
    notes: RefCell<Vec<(Path<'e>, Pos)>>,
    /// Where the elements of lists are defined that several definitions add to.
    elements: RefCell<Vec<(Path<'e>, &'e [Pos])>>,
    /// The definitions of options of containers that may not be wholly known, by the path of the option.
    pub(super) defined: RefCell<Vec<(Path<'e>, &'e [Definition<'e>])>>,
    /// What was found on the way and keeps nothing from going on.
    pub(super) findings: RefCell<Vec<Diagnostic>>,
    /// The scope of the host, once there is one.
    pub(super) host: OnceCell<&'e Scope<'e>>,
    /// The argument `lib`.
    pub(super) lib: Value<'e>,
    /// The platform that a flake names (`nixosSystem { system = …; }`).
    pub(super) system: Option<Value<'e>>,
    /// The packages that a host is given (`nixosSystem { pkgs = …; }`).
    pub(super) given: Option<Value<'e>>,
    /// The argument `pkgs`, once it is asked for.
    pub(super) packages: Cell<Option<Value<'e>>>,
    /// The guests: definitions of `containers.<name>.config`, by the name of the container.
    pub(super) guests: RefCell<BTreeMap<Symbol, &'e [Definition<'e>]>>,
    /// Definitions of `containers.<name>.config` that may count, by the name of the container.
    pub(super) said_of_guests: RefCell<BTreeMap<Symbol, &'e [Definition<'e>]>>,
    /// Elements that a list has at least which is not known, by the path of the option, and why it is not.
    pub(super) bounds: RefCell<Vec<(Path<'e>, Vec<Value<'e>>, Bound)>>,
    /// Definitions of `containers` that fail beside others, as values that do (`--keep-going`).
    pub(super) failing: RefCell<Vec<Value<'e>>>,
    /// How `lib`'s types are recognised, once one is met.
    pub(super) prototypes: OnceCell<&'e Prototypes<'e>>,
    /// The types that are being recognised, each within the one before.
    pub(super) recognising: RefCell<Vec<(*const Attrs<'e>, TypeRef<'e>)>>,
    /// Whether a module has an error, so that nobody knows what it would have said.
    pub(super) broken: Cell<bool>,
    /// Why ports may be added to the firewall, once that has been asked.
    pub(super) ports: OnceCell<Option<(Bound, &'e Unknown)>>,
}

impl<'e> Context<'e> {
    /// A context without a configuration yet.
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

    /// Adds a finding, once.
    pub(super) fn find(&self, diagnostic: Diagnostic) {
        let mut findings = self.findings.borrow_mut();
        if !findings.contains(&diagnostic) {
            findings.push(diagnostic);
        }
    }

    /// Adds a finding unless its message was found before, wherever that was.
    pub(super) fn find_once(&self, diagnostic: Diagnostic) {
        let mut findings = self.findings.borrow_mut();
        if !findings.iter().any(|found| found.message == diagnostic.message) {
            findings.push(diagnostic);
        }
    }

    /// Whether a module is not here.
    pub(super) fn is_missing_modules(&self) -> bool {
        self.broken.get() || self.findings.borrow().iter().any(|finding| finding.code == Code::MissingModule)
    }

    /// Notes where `path` is set.
    pub(super) fn note(&self, path: Path<'e>, pos: Pos) {
        if pos.is_some() {
            self.notes.borrow_mut().push((path, pos));
        }
    }

    /// Notes where the elements of the list at `path` are defined.
    pub(super) fn note_elements(&self, ev: &Evaluator<'e>, path: Path<'e>, places: &[Pos]) {
        self.elements.borrow_mut().push((path, ev.alloc_slice(places)));
    }

    /// Keeps the definitions of an option of a container, so that its value has a key where it is not known.
    pub(super) fn keep(&self, ev: &mut Evaluator<'e>, path: Path<'e>, definitions: &[Definition<'e>]) {
        let first = path.symbols().first().copied();
        if first == Some(ev.symbol("containers")) && !definitions.is_empty() {
            self.defined.borrow_mut().push((path, ev.alloc_slice(definitions)));
        }
    }

    /// Where the options are set that have been evaluated so far.
    pub(super) fn spans(&self, ev: &Evaluator<'e>) -> OptionSpans {
        let mut spans = OptionSpans::default();
        for (path, pos) in self.notes.borrow().iter() {
            // What `lib` made of a configuration is set where that calls it, which is around it.
            if !super::lib::is_built_in(ev, *pos) {
                spans.add(path.symbols().into_iter().map(|name| ev.name(name)), ev.attribute_span(*pos));
            }
        }
        for (path, places) in self.elements.borrow().iter() {
            let span = |pos: &Pos| match pos.is_some() && !super::lib::is_built_in(ev, *pos) {
                true => ev.attribute_span(*pos),
                false => Span::NONE,
            };
            let names = path.symbols().into_iter().map(|name| ev.name(name));
            spans.add_elements(names, places.iter().map(span).collect());
        }
        spans
    }
}

/// The path of an option, as a list in the arena: cheap to extend, turned into text only when something is printed.
#[derive(Clone, Copy)]
pub(super) struct Path<'e>(Option<&'e PathLink<'e>>);

struct PathLink<'e> {
    name: Symbol,
    around: Path<'e>,
}

impl<'e> Path<'e> {
    /// The path of the whole configuration.
    pub(super) const ROOT: Self = Self(None);

    /// This path with one name more.
    pub(super) fn join(self, ev: &Evaluator<'e>, name: Symbol) -> Self {
        Self(Some(ev.alloc(PathLink { name, around: self })))
    }

    /// Whether it is the very same path.
    pub(super) fn is_same(self, other: Self) -> bool {
        match (self.0, other.0) {
            (None, None) => true,
            (Some(a), Some(b)) => std::ptr::eq(a, b),
            _ => false,
        }
    }

    /// The last name.
    pub(super) fn last(self) -> Option<Symbol> {
        self.0.map(|link| link.name)
    }

    /// The path without its last name.
    pub(super) fn parent(self) -> Self {
        self.0.map_or(self, |link| link.around)
    }

    /// The names, outermost first.
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

    /// The path as names.
    pub(super) fn names(self, ev: &Evaluator<'e>) -> OptionPath {
        OptionPath::new(self.symbols().into_iter().map(|name| ev.name(name)))
    }
}
