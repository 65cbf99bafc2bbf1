//! The path of an option, such as `containers.wasabi.bindMounts."/var/log".isReadOnly`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::source::Span;
pub use crate::syntax::quote;

/// The names that lead to an option, outermost first. A path shares its names with the paths it was extended from.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OptionPath(Vec<Arc<str>>);

impl OptionPath {
    /// Builds a path from its names.
    pub fn new<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Self {
        Self(names.into_iter().map(|name| Arc::from(name.as_ref())).collect())
    }

    /// The names.
    pub fn names(&self) -> &[Arc<str>] {
        &self.0
    }

    /// The path extended by `name`.
    #[must_use]
    pub fn join(&self, name: impl AsRef<str>) -> Self {
        let mut names = Vec::with_capacity(self.0.len() + 1);
        names.extend_from_slice(&self.0);
        names.push(Arc::from(name.as_ref()));
        Self(names)
    }

    /// The path without its last name, or `None` if it is empty.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }
}

/// The path of an option during a walk: a linked list on the stack that becomes an [`OptionPath`] only for a finding.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    name: &'a str,
    around: Option<&'a At<'a>>,
}

impl<'a> At<'a> {
    /// The outermost option called `name`.
    pub fn root(name: &'a str) -> Self {
        Self { name, around: None }
    }

    /// The option called `name` inside this one.
    #[must_use]
    pub fn join(&'a self, name: &'a str) -> Self {
        Self { name, around: Some(self) }
    }

    /// The last name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The path as an owned [`OptionPath`].
    pub fn path(&self) -> OptionPath {
        let mut names: Vec<&str> = std::iter::successors(Some(self), |at| at.around).map(|at| at.name).collect();
        names.reverse();
        OptionPath::new(names)
    }
}

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.path().fmt(f)
    }
}

impl<S: AsRef<str>> FromIterator<S> for OptionPath {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self::new(names)
    }
}

/// Prints the path as Nix does: names that are not identifiers are quoted.
impl std::fmt::Display for OptionPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(&quote(name))?;
        }
        Ok(())
    }
}

/// Where options are set, as a tree of names: the span of the attribute path in each option's innermost definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptionSpans {
    /// The definitions of the option itself; the first one is shown.
    here: Vec<Span>,
    /// For each element of a list with several definitions, the span of the definition that contributes it.
    elements: Vec<Span>,
    below: BTreeMap<Box<str>, Self>,
}

impl OptionSpans {
    /// Adds a definition of the option with these names.
    pub fn add<S: AsRef<str>>(&mut self, names: impl IntoIterator<Item = S>, span: Span) {
        let mut at = self;
        for name in names {
            at = at.below_mut(name.as_ref());
        }
        at.here.push(span);
    }

    /// The span of `path`, or of the closest enclosing option that has one.
    pub fn nearest(&self, path: &OptionPath) -> Option<Span> {
        let (mut at, mut nearest) = (self, self.here.first());
        for name in &path.0 {
            let Some(below) = at.below.get(&**name) else { break };
            at = below;
            nearest = at.here.first().or(nearest);
        }
        nearest.copied()
    }

    /// Records the span of each element of a list, in order.
    pub fn add_elements<S: AsRef<str>>(&mut self, names: impl IntoIterator<Item = S>, spans: Vec<Span>) {
        let mut at = self;
        for name in names {
            at = at.below_mut(name.as_ref());
        }
        at.elements = spans;
    }

    /// The span of the definition that contributes an element of the list `path`, if the list has several.
    pub fn element(&self, path: &OptionPath, index: usize) -> Option<Span> {
        self.below(&path.0)?.elements.get(index).copied().filter(|span| *span != Span::NONE)
    }

    /// The spans of all definitions of `path` itself.
    pub fn all(&self, path: &OptionPath) -> &[Span] {
        self.below(&path.0).map(|at| at.here.as_slice()).unwrap_or_default()
    }

    /// The definition of the option itself that is shown.
    pub(super) fn here(&self) -> Option<Span> {
        self.here.first().copied()
    }

    /// The subtree at these names, or `None` if nothing below them is set.
    pub(super) fn below<S: AsRef<str>>(&self, names: impl IntoIterator<Item = S>) -> Option<&Self> {
        names.into_iter().try_fold(self, |at, name| at.below.get(name.as_ref()))
    }

    /// Whether `path` itself has a definition.
    pub fn contains(&self, path: &OptionPath) -> bool {
        !self.all(path).is_empty()
    }

    /// The spans of all definitions of the option with these names and of everything inside it.
    pub fn within(&self, names: &[&str]) -> Vec<Span> {
        let (mut spans, mut rest) = (Vec::new(), Vec::new());
        rest.extend(self.below(names));
        while let Some(at) = rest.pop() {
            spans.extend(&at.here);
            rest.extend(at.below.values());
        }
        spans
    }

    /// Renames the elements of `list` to `names`, given in list order. Until a list is evaluated, its elements are named after
    /// their positions in its definitions.
    pub fn name_elements(&mut self, list: &OptionPath, names: &[String]) {
        let at = list.0.iter().try_fold(self, |at, name| at.below.get_mut(&**name));
        let Some(list) = at else { return };
        let mut indexes: Vec<_> =
            list.below.keys().filter_map(|name| Some((list_position(name)?, name.clone()))).collect();
        indexes.sort();
        for ((_, index), name) in indexes.into_iter().zip(names) {
            if let Some(element) = list.below.remove(&index) {
                list.below_mut(name).merge(element);
            }
        }
    }

    /// Calls `visit` with the printed path and the shown span of each option that is set.
    pub fn each(&self, visit: &mut impl FnMut(&str, Span)) {
        self.each_below(&mut String::new(), visit);
    }

    fn each_below(&self, path: &mut String, visit: &mut impl FnMut(&str, Span)) {
        if let Some(span) = self.here.first() {
            visit(path, *span);
        }
        let length = path.len();
        for (name, below) in &self.below {
            if length > 0 {
                path.push('.');
            }
            path.push_str(&quote(name));
            below.each_below(path, visit);
            path.truncate(length);
        }
    }

    fn below_mut(&mut self, name: &str) -> &mut Self {
        // Most names exist already; allocate a key only for a new one.
        if !self.below.contains_key(name) {
            self.below.insert(name.into(), Self::default());
        }
        self.below.get_mut(name).expect("it is there now")
    }

    fn merge(&mut self, other: Self) {
        self.here.extend(other.here);
        if self.elements.is_empty() {
            self.elements = other.elements;
        }
        for (name, below) in other.below {
            self.below_mut(&name).merge(below);
        }
    }
}

/// Parses the name that nixpkgs gives to a list element: `[definition 2-entry 1]`.
fn list_position(name: &str) -> Option<(u32, u32)> {
    let (definition, entry) = name.strip_prefix("[definition ")?.strip_suffix(']')?.split_once("-entry ")?;
    Some((definition.parse().ok()?, entry.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_as_nix_quotes_them() {
        let table = [
            (vec!["containers", "wasabi"], "containers.wasabi"),
            (vec!["bindMounts", "/var/log"], "bindMounts.\"/var/log\""),
            (vec!["a-b'", "_x", "9"], "a-b'._x.\"9\""),
            (vec!["in", "a\"b\\${c}$d"], "\"in\".\"a\\\"b\\\\\\${c}$d\""),
        ];
        for (names, shown) in table {
            assert_eq!(OptionPath::new(names).to_string(), shown);
        }
    }
}
