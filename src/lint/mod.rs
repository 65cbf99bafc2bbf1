//! What a configuration says that evaluates, and is probably not meant.
//!
//! Takes: a [`Subject`], which is a manifest with what its host and guests say beside it. Gives: findings, each with all
//! the places that conflict, under a code that `docs/lints.md` explains. No host is looked at; what has to be looked up
//! there is in `plan::facts`.
//!
//! Invariants:
//! - Nothing is found because of a value that is not known, or of a list that may have more elements than are known.
//! - Errors are for what cannot work; all else is a warning.
//! - Same input, same findings in the same order.

mod addresses;
mod assertions;
mod bridges;
mod devices;
mod egress;
mod forwards;
mod links;
mod mounts;
mod names;
mod openings;
mod proxies;
mod renamed;
mod resolver;
mod secrets;
mod services;
pub mod silence;
mod versions;

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::view::View;
use crate::model::{Container, ContainerName, Manifest, Position};
use crate::source::{Location, Span};

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The typed model.
    pub manifest: &'a Manifest,
    /// Where its options stand, where its sources are at hand.
    pub spans: &'a OptionSpans,
    /// What the host says beside the model.
    pub host: &'a View,
    /// What the guests say.
    pub guests: &'a BTreeMap<ContainerName, View>,
}

/// All that is found in `subject`.
pub fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    // Nothing that is declared runs then, which is a finding of its own.
    if subject.manifest.boot.enable_containers.known() == Some(&false) {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(addresses::lint(subject));
    found.extend(names::lint(subject));
    found.extend(assertions::lint(subject));
    found.extend(links::lint(subject));
    found.extend(forwards::lint(subject));
    found.extend(egress::lint(subject));
    found.extend(bridges::lint(subject));
    for each in subject.containers() {
        found.extend(resolver::lint(subject, &each));
        found.extend(devices::lint(subject, &each));
        found.extend(versions::lint(subject, &each));
    }
    found.extend(proxies::lint(subject));
    found.extend(mounts::lint(subject));
    found.extend(secrets::lint(subject));
    found.extend(renamed::lint(subject));
    found
}

/// Whether something of the host leads into guests, so that what it meets there is to be looked at, whatever changed.
pub fn leads_to_guests(manifest: &Manifest, host: &View) -> bool {
    let forwards = &manifest.networking.nat.forward_ports;
    forwards.known().is_none_or(|forwards| !forwards.is_empty()) || proxies::leads_anywhere(host)
}

impl<'a> Subject<'a> {
    /// The containers with their paths, and what their guests say, where that is known.
    fn containers(self) -> impl Iterator<Item = Each<'a>> {
        self.manifest.containers.iter().map(move |(name, container)| Each {
            name,
            container,
            path: OptionPath::new(["containers", name.as_str()]),
            guest: self.guests.get(name),
        })
    }

    /// Adds the place of an element of a list: of the definition that has it.
    fn at_element(self, diagnostic: Diagnostic, path: &OptionPath, index: usize, text: &str) -> Diagnostic {
        match self.spans.element(path, index) {
            Some(span) => label(diagnostic, span, text),
            None => self.at(diagnostic, path, text),
        }
    }

    /// Adds the place of an option of the model.
    fn at(self, diagnostic: Diagnostic, path: &OptionPath, text: &str) -> Diagnostic {
        if let Some(span) = self.spans.nearest(path) {
            return label(diagnostic, span, text);
        }
        if diagnostic.location.is_some() || !diagnostic.labels.is_empty() {
            return diagnostic;
        }
        let positions = self.manifest.positions.as_ref();
        let mut around = Some(path.clone());
        while let Some(path) = around {
            if let Some(Position { file, line, column }) = positions.and_then(|all| all.get(&path.to_string())) {
                return diagnostic.at_location(Location { file: file.clone(), line: *line, column: *column });
            }
            around = path.parent();
        }
        diagnostic
    }
}

/// A container that is looked at.
#[derive(Debug, Clone)]
struct Each<'a> {
    name: &'a ContainerName,
    container: &'a Container,
    /// `containers.NAME`
    path: OptionPath,
    guest: Option<&'a View>,
}

/// Adds the place of something that a view says, or of what is around it.
fn in_view(diagnostic: Diagnostic, view: &View, path: &[&str], text: &str) -> Diagnostic {
    match view.place(path) {
        Some(span) => label(diagnostic, span, text),
        None => diagnostic,
    }
}

/// Adds the place of an element of a list that a view has: of the definition that has it.
fn in_view_element(diagnostic: Diagnostic, view: &View, path: &[&str], index: usize, text: &str) -> Diagnostic {
    match view.places.element(&OptionPath::new(path.iter().copied()), index) {
        Some(span) => label(diagnostic, span, text),
        None => in_view(diagnostic, view, path, text),
    }
}

/// Adds a place, once.
fn label(diagnostic: Diagnostic, span: Span, text: &str) -> Diagnostic {
    if span == Span::NONE || diagnostic.labels.iter().any(|label| label.span == span) {
        return diagnostic;
    }
    diagnostic.at(span, text)
}
