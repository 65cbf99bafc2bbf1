//! The scope of a set of modules (the host's, a guest's, or those of one submodule instance), and the context that all scopes of
//! one host or guest share.
//!
//! Options contain submodules, whose options contain submodules, and a guest is an option of its host. So the operations that
//! evaluate each other are methods of these two types, each in the file of its subject.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeMap;

use super::definition::Definition;
use super::embedded::is_built_in;
use super::option::{Tree, TypeRef};
use super::path::Path;
use super::prototypes::Prototypes;
use crate::diag::{Code, Diagnostic};
use crate::eval::{Attrs, EvalResult, Evaluator, Symbol, Unknown, Value};
use crate::model::path::OptionSpans;
use crate::model::view::Bound;
use crate::source::{Pos, Span};

/// Which modules a scope belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeOwner {
    /// The host's.
    Host,
    /// A submodule's.
    Submodule,
    /// A guest's, when the host reads it.
    Guest,
    /// A guest's, when it is shown: a list has the value that its definitions say.
    GuestShown,
}

/// State shared by the modules of one configuration.
pub(super) struct Scope<'e> {
    /// State shared by all scopes of the same host or guest.
    pub(super) context: &'e Context<'e>,
    /// Which modules the scope belongs to.
    pub(super) of: ScopeOwner,
    /// The path of the configuration.
    pub(super) path: Path<'e>,
    /// The argument `config`, once created.
    pub(super) config: Cell<Option<Value<'e>>>,
    /// The argument `options`, once created.
    pub(super) options: Cell<Option<Value<'e>>>,
    /// `specialArgs`.
    pub(super) special: Option<Value<'e>>,
    /// The argument `name` of a submodule.
    pub(super) name: Option<Value<'e>>,
    /// Definitions of `_module`, once needed.
    pub(super) module: OnceCell<&'e [Definition<'e>]>,
    /// The option tree, once built.
    pub(super) tree: OnceCell<&'e Tree<'e>>,
    /// Arguments that modules request by name, with the position of the module.
    pub(super) wanted: RefCell<Vec<(Symbol, Pos)>>,
    /// Whether `lacks_arguments` is running.
    pub(super) asking: Cell<bool>,
    /// All definitions.
    pub(super) definitions: OnceCell<&'e [Definition<'e>]>,
    /// The type for names that no option declares.
    pub(super) freeform: Cell<Option<TypeRef<'e>>>,
}

impl<'e> Scope<'e> {
    /// Creates a scope without modules.
    pub(super) fn new(context: &'e Context<'e>, of: ScopeOwner, path: Path<'e>) -> Self {
        Self {
            context,
            of,
            path,
            config: Cell::new(None),
            options: Cell::new(None),
            special: None,
            name: None,
            module: OnceCell::new(),
            tree: OnceCell::new(),
            wanted: RefCell::default(),
            asking: Cell::new(false),
            definitions: OnceCell::new(),
            freeform: Cell::new(None),
        }
    }
}

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
    /// The argument `pkgs` of guests, once it is needed: all have the same platform.
    pub(super) guest_packages: OnceCell<Value<'e>>,
    /// The guests: definitions of `containers.<name>.config`, by container name.
    pub(super) guests: RefCell<BTreeMap<Symbol, &'e [Definition<'e>]>>,
    /// Definitions of `containers.<name>.config` whose conditions are not evaluated yet, by container name.
    pub(super) undecided_guests: RefCell<BTreeMap<Symbol, &'e [Definition<'e>]>>,
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
            guest_packages: OnceCell::new(),
            lib,
            system,
            given: None,
            packages: Cell::new(None),
            guests: RefCell::default(),
            undecided_guests: RefCell::default(),
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
    pub(super) fn note_elements(&self, ev: &Evaluator<'e>, path: Path<'e>, positions: &[Pos]) {
        self.elements.borrow_mut().push((path, ev.heap.alloc_slice(positions)));
    }

    /// Keeps the definitions of a container option, to compute a key if its value is unknown.
    pub(super) fn keep(&self, ev: &mut Evaluator<'e>, path: Path<'e>, definitions: &[Definition<'e>]) {
        let first = path.symbols().first().copied();
        if first == Some(ev.heap.symbol("containers")) && !definitions.is_empty() {
            self.defined.borrow_mut().push((path, ev.heap.alloc_slice(definitions)));
        }
    }

    /// Returns the value of an option of the host.
    pub(super) fn host_option(&self, ev: &mut Evaluator<'e>, path: &[&str]) -> EvalResult<'e, Value<'e>> {
        let host = self.host.get().and_then(|host| host.config.get());
        let mut value = host.unwrap_or(Value::Null);
        for name in path {
            value = ev.select(value, name)?;
        }
        ev.force(value)
    }

    /// Returns where the options evaluated so far are set.
    pub(super) fn spans(&self, ev: &Evaluator<'e>) -> OptionSpans {
        let mut spans = OptionSpans::default();
        for (path, pos) in self.notes.borrow().iter() {
            // Skip positions inside the built-in `lib`: the user's call around them is recorded too.
            if !is_built_in(ev, *pos) {
                spans
                    .add(path.symbols().into_iter().map(|name| ev.heap.name(name)), ev.report.attribute_span(*pos));
            }
        }
        for (path, positions) in self.elements.borrow().iter() {
            let span = |pos: &Pos| match pos.is_some() && !is_built_in(ev, *pos) {
                true => ev.report.attribute_span(*pos),
                false => Span::NONE,
            };
            let names = path.symbols().into_iter().map(|name| ev.heap.name(name));
            spans.add_elements(names, positions.iter().map(span).collect());
        }
        spans
    }
}
