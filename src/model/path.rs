//! The path of an option, such as `containers.wasabi.bindMounts."/var/log".isReadOnly`.

use std::collections::BTreeMap;

use crate::source::Span;
pub use crate::syntax::quote;

/// The names that lead to an option, outermost first.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OptionPath(Vec<String>);

impl OptionPath {
    /// A path from its names.
    pub fn new<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// This path with one name more.
    #[must_use]
    pub fn join(&self, name: impl Into<String>) -> Self {
        let mut names = self.0.clone();
        names.push(name.into());
        Self(names)
    }

    /// The path without its last name; `None` of the empty one.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }
}

impl<S: Into<String>> FromIterator<S> for OptionPath {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self::new(names)
    }
}

/// As Nix prints it: names that are no identifiers in quotes.
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

/// Where options are set: the span of the attribute path of each one's innermost definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OptionSpans(BTreeMap<OptionPath, Vec<Span>>);

impl OptionSpans {
    /// Notes one definition more; the first one noted is the one that is shown.
    pub fn add(&mut self, path: OptionPath, span: Span) {
        self.0.entry(path).or_default().push(span);
    }

    /// The place of `path`, or of the closest option around it that has one.
    pub fn nearest(&self, path: &OptionPath) -> Option<Span> {
        let mut path = Some(path.clone());
        while let Some(current) = path {
            if let Some(span) = self.0.get(&current).and_then(|spans| spans.first()) {
                return Some(*span);
            }
            path = current.parent();
        }
        None
    }

    /// The places that set `path` itself.
    pub fn all(&self, path: &OptionPath) -> &[Span] {
        self.0.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether something sets `path` itself.
    pub fn contains(&self, path: &OptionPath) -> bool {
        self.0.contains_key(path)
    }

    /// Renames the elements of the list `list`, which go by their places in its definitions until they are evaluated, to
    /// `names`, which are in the order of the list.
    pub fn name_elements(&mut self, list: &OptionPath, names: &[String]) {
        let depth = list.names().len();
        let mut places: Vec<(u32, u32, String)> = Vec::new();
        // What is below the list follows it in the order of the paths.
        let below = || self.0.range(list..).take_while(|(path, _)| path.0.starts_with(&list.0));
        for (path, _) in below().filter(|(path, _)| path.0.len() > depth) {
            if let Some((definition, entry)) = list_place(&path.0[depth]) {
                places.push((definition, entry, path.0[depth].clone()));
            }
        }
        places.sort();
        places.dedup();
        for ((.., place), name) in places.into_iter().zip(names) {
            let found: Vec<_> = self
                .0
                .range(list..)
                .take_while(|(path, _)| path.0.starts_with(&list.0))
                .filter(|(path, _)| path.0.get(depth) == Some(&place))
                .map(|(path, spans)| (path.clone(), spans.clone()))
                .collect();
            for (path, spans) in found {
                self.0.remove(&path);
                let mut renamed = path;
                renamed.0[depth].clone_from(name);
                self.0.entry(renamed).or_default().extend(spans);
            }
        }
    }

    /// All of them, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&OptionPath, &[Span])> {
        self.0.iter().map(|(path, spans)| (path, spans.as_slice()))
    }
}

/// The place in a list that nixpkgs' name for an element says: `[definition 2-entry 1]`.
fn list_place(name: &str) -> Option<(u32, u32)> {
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
