//! The path of an option, such as `containers.wasabi.bindMounts."/var/log".isReadOnly`.

use std::collections::BTreeMap;

use crate::source::Span;

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

/// A name as it has to be written in an attribute path (`printIdentifier` of Nix).
pub fn quote(name: &str) -> String {
    const KEYWORDS: [&str; 9] = ["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"];
    let mut chars = name.chars();
    let identifier = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\''));
    if identifier && !KEYWORDS.contains(&name) {
        return name.to_owned();
    }
    let mut quoted = String::with_capacity(name.len() + 2);
    quoted.push('"');
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' if rest.peek() == Some(&'{') => quoted.push_str("\\$"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
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

    /// All of them, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&OptionPath, &[Span])> {
        self.0.iter().map(|(path, spans)| (path, spans.as_slice()))
    }
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
