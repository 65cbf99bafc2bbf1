//! What all levels of one evaluation share.

use std::cell::{Cell, RefCell};

use super::definition::Definition;
use crate::diag::Diagnostic;
use crate::eval::{Evaluator, Symbol, Value};
use crate::model::path::{OptionPath, OptionSpans};
use crate::source::Span;

/// Shared by all levels of a configuration; lives in the evaluator's arena.
pub(super) struct Context<'e> {
    /// Where options are set, noted as they are evaluated.
    pub(super) spans: RefCell<OptionSpans>,
    /// What was found on the way and keeps nothing from going on.
    pub(super) findings: RefCell<Vec<Diagnostic>>,
    /// The whole configuration, once there is one: what the argument `config` stands for.
    pub(super) config: Cell<Option<Value<'e>>>,
    /// Definitions of `_module`, whose `args` supply further arguments; absent while modules are still being loaded.
    pub(super) arguments: RefCell<Option<Vec<Definition<'e>>>>,
    /// The argument `lib`.
    pub(super) lib: Value<'e>,
    /// The guests: definitions of `containers.<name>.config`, by the name of the container.
    pub(super) guests: RefCell<Vec<(String, Vec<Definition<'e>>)>>,
}

impl<'e> Context<'e> {
    /// A context without a configuration yet.
    pub(super) fn new(lib: Value<'e>) -> Self {
        Self {
            spans: RefCell::default(),
            findings: RefCell::default(),
            config: Cell::new(None),
            arguments: RefCell::default(),
            lib,
            guests: RefCell::default(),
        }
    }

    /// Adds a finding, once.
    pub(super) fn find(&self, diagnostic: Diagnostic) {
        let mut findings = self.findings.borrow_mut();
        if !findings.contains(&diagnostic) {
            findings.push(diagnostic);
        }
    }

    /// Notes where `path` is set.
    pub(super) fn note(&self, path: OptionPath, span: Span) {
        self.spans.borrow_mut().add(path, span);
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

    /// The last name.
    pub(super) fn last(self) -> Option<Symbol> {
        self.0.map(|link| link.name)
    }

    /// The path as names.
    pub(super) fn names(self, ev: &Evaluator<'e>) -> OptionPath {
        let mut names = Vec::new();
        let mut next = self.0;
        while let Some(link) = next {
            names.push(ev.name(link.name).to_owned());
            next = link.around.0;
        }
        names.reverse();
        OptionPath::new(names)
    }
}
