//! Lints: what evaluates, but is probably not meant.
//!
//! Takes: a [`Subject`], which is a manifest with the views of its host and guests. Gives: findings with all conflicting
//! locations, each under a code that `docs/lints.md` explains. Lints do not look at the running host; `plan::facts` does.
//!
//! Invariants:
//! - Unknown values cause no findings, nor do lists that may have more elements than are known.
//! - Errors are for what cannot work; everything else is a warning.
//! - The same input gives the same findings in the same order.

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
pub(crate) mod silence;
mod versions;

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::view::View;
use crate::model::{Container, ContainerName, Manifest, Position};
use crate::source::{Location, Span};

/// What to lint.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The typed model.
    pub manifest: &'a Manifest,
    /// The spans of the manifest's options, if its sources are loaded.
    pub spans: &'a OptionSpans,
    /// The host's definitions beyond the model.
    pub host: &'a View,
    /// The guests' definitions.
    pub guests: &'a BTreeMap<ContainerName, View>,
}

/// Runs all lints on `subject`.
pub fn lint(subject: Subject<'_>) -> Vec<Diagnostic> {
    // No container runs then, which has a finding of its own.
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

/// Whether the host forwards or proxies to guests: then they must be linted even if they did not change.
pub fn leads_to_guests(manifest: &Manifest, host: &View) -> bool {
    let forwards = &manifest.networking.nat.forward_ports;
    forwards.known().is_none_or(|forwards| !forwards.is_empty()) || proxies::leads_anywhere(host)
}

impl<'a> Subject<'a> {
    /// The containers with their paths, and with the views of their guests if they are known.
    fn containers(self) -> impl Iterator<Item = Each<'a>> {
        self.manifest.containers.iter().map(move |(name, container)| Each {
            name,
            container,
            path: OptionPath::new(["containers", name.as_str()]),
            guest: self.guests.get(name),
        })
    }

    /// Adds a label for a list element: the definition that contributes it.
    fn at_element(self, diagnostic: Diagnostic, path: &OptionPath, index: usize, text: &str) -> Diagnostic {
        match self.spans.element(path, index) {
            Some(span) => label(diagnostic, span, text),
            None => self.at(diagnostic, path, text),
        }
    }

    /// Adds a label for an option of the model.
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

/// A container under inspection.
#[derive(Debug, Clone)]
struct Each<'a> {
    name: &'a ContainerName,
    container: &'a Container,
    /// `containers.NAME`
    path: OptionPath,
    guest: Option<&'a View>,
}

/// Adds a label for an option of a view, or for the closest enclosing one.
fn in_view(diagnostic: Diagnostic, view: &View, path: &[&str], text: &str) -> Diagnostic {
    match view.place(path) {
        Some(span) => label(diagnostic, span, text),
        None => diagnostic,
    }
}

/// Adds a label for an element of a list in a view: the definition that contributes it.
fn in_view_element(diagnostic: Diagnostic, view: &View, path: &[&str], index: usize, text: &str) -> Diagnostic {
    match view.places.element(&OptionPath::new(path.iter().copied()), index) {
        Some(span) => label(diagnostic, span, text),
        None => in_view(diagnostic, view, path, text),
    }
}

/// Adds a label, unless the span already has one.
fn label(diagnostic: Diagnostic, span: Span, text: &str) -> Diagnostic {
    if span == Span::NONE || diagnostic.labels.iter().any(|label| label.span == span) {
        return diagnostic;
    }
    diagnostic.at(span, text)
}
