//! What is linted, and how a finding points into it.

use std::collections::BTreeMap;

use crate::diag::Diagnostic;
use crate::model::path::{OptionPath, OptionSpans};
use crate::model::view::View;
use crate::model::{Container, ContainerName, Manifest};
use crate::source::Span;

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

impl<'a> Subject<'a> {
    /// The containers with their paths, and with the views of their guests if they are known.
    pub(super) fn containers(self) -> impl Iterator<Item = Each<'a>> {
        self.manifest.containers.iter().map(move |(name, container)| Each {
            name,
            container,
            path: OptionPath::new(["containers", name.as_str()]),
            guest: self.guests.get(name),
        })
    }

    /// Adds a label for a list element: the definition that contributes it.
    pub(super) fn at_element(
        self,
        diagnostic: Diagnostic,
        path: &OptionPath,
        index: usize,
        text: &str,
    ) -> Diagnostic {
        match self.spans.element(path, index) {
            Some(span) => label(diagnostic, span, text),
            None => self.at(diagnostic, path, text),
        }
    }

    /// Adds a label for an option of the model.
    pub(super) fn at(self, diagnostic: Diagnostic, path: &OptionPath, text: &str) -> Diagnostic {
        if let Some(span) = self.spans.nearest(path) {
            return label(diagnostic, span, text);
        }
        if diagnostic.location.is_some() || !diagnostic.labels.is_empty() {
            return diagnostic;
        }
        match self.manifest.nearest_location(path) {
            Some(location) => diagnostic.at_location(location),
            None => diagnostic,
        }
    }
}

/// A container under inspection.
#[derive(Debug, Clone)]
pub(super) struct Each<'a> {
    pub(super) name: &'a ContainerName,
    pub(super) container: &'a Container,
    /// `containers.NAME`
    pub(super) path: OptionPath,
    pub(super) guest: Option<&'a View>,
}

/// Adds a label for an option of a view, or for the closest enclosing one.
pub(super) fn in_view(diagnostic: Diagnostic, view: &View, path: &[&str], text: &str) -> Diagnostic {
    match view.span(path) {
        Some(span) => label(diagnostic, span, text),
        None => diagnostic,
    }
}

/// Adds a label for an element of a list in a view: the definition that contributes it.
pub(super) fn in_view_element(
    diagnostic: Diagnostic,
    view: &View,
    path: &[&str],
    index: usize,
    text: &str,
) -> Diagnostic {
    match view.spans.element(&OptionPath::new(path.iter().copied()), index) {
        Some(span) => label(diagnostic, span, text),
        None => in_view(diagnostic, view, path, text),
    }
}

/// Adds a label, unless the span already has one.
pub(super) fn label(diagnostic: Diagnostic, span: Span, text: &str) -> Diagnostic {
    if span == Span::NONE || diagnostic.labels.iter().any(|label| label.span == span) {
        return diagnostic;
    }
    diagnostic.at(span, text)
}
