//! Names that have been checked once and are right from then on.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// The name of a container: what stands in `containers.<name>`, in `container@NAME.service` and in `machinectl`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ContainerName(String);

/// What names are sorted by for people: numbers in them by their value, so that `c2` comes before `c10`. Different names have
/// different keys.
pub fn natural_order(name: &str) -> impl Ord + use<'_> {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Part<'a> {
        /// How many digits there are without leading zeros, and those.
        Number(usize, &'a str),
        Text(&'a str),
    }
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != is_number).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        let digits = part.trim_start_matches('0');
        parts.push(if is_number { Part::Number(digits.len(), digits) } else { Part::Text(part) });
        rest = behind;
    }
    (parts, name)
}

/// Why a text is no name of a container.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// NixOS refuses underscores by an assertion of the guest.
    #[error("the container name `{0}` contains an underscore, which NixOS refuses")]
    Underscore(String),
    /// machined takes host names only (`hostname_is_valid` in systemd), and so do paths and unit names without escapes.
    #[error(
        "`{0}` cannot be the name of a machine: use at most 64 letters, digits, `-` and `.`, without a `-` or `.` at either end"
    )]
    NotAHostName(String),
}

impl ContainerName {
    /// Checks `name` against what NixOS and systemd-machined take.
    pub fn new(name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        if name.contains('_') {
            return Err(NameError::Underscore(name));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
        let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let whole = !name.contains("..") && name.len() <= 64 && name.chars().all(allowed);
        if whole && edge(name.chars().next()) && edge(name.chars().last()) {
            Ok(Self(name))
        } else {
            Err(NameError::NotAHostName(name))
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The unit that runs it. systemd escapes nothing in the characters that a name may have, but `-` stands for `/`
    /// only in path units; instance names keep it.
    pub fn unit(&self) -> String {
        format!("container@{}.service", self.0)
    }
}

impl std::fmt::Display for ContainerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ContainerName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_machined_would_refuse_are_refused() {
        for good in ["wasabi", "a", "web-1", "a.b", "A9"] {
            assert_eq!(ContainerName::new(good).expect("a good name").as_str(), good);
        }
        for bad in ["", "-a", "a-", "a_b", "a/b", "a..b", ".", "ä", "a b", &"x".repeat(65)] {
            assert!(ContainerName::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_in_names_are_sorted_by_their_value() {
        let sorted = ["2", "a", "a-1", "c", "c1", "c2", "c2b", "c10", "c010a", "c10b", "web.2", "web.10"];
        let mut names = sorted.map(String::from);
        names.reverse();
        names.sort_by(|a, b| natural_order(a).cmp(&natural_order(b)));
        assert_eq!(names, sorted);
    }
}
