//! Names that are validated once, when they are created.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// The name of a container, as in `containers.<name>`, `container@NAME.service` and `machinectl`.
///
/// # Examples
///
/// ```
/// use container_rebuild::model::ContainerName;
///
/// let name = ContainerName::new("wasabi").expect("it is a host name");
/// assert_eq!(name.unit(), "container@wasabi.service");
/// assert!(ContainerName::new("no_underscores").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct ContainerName(String);

/// A sort key for people: numbers compare by value, so that `c2` comes before `c10`. Different names have different keys.
///
/// # Examples
///
/// ```
/// use container_rebuild::model::natural_order;
///
/// let mut names = ["c10", "c2", "b"];
/// names.sort_by(|a, b| natural_order(a).cmp(&natural_order(b)));
/// assert_eq!(names, ["b", "c2", "c10"]);
/// ```
pub fn natural_order(name: &str) -> impl Ord + use<'_> {
    #[derive(PartialEq, Eq, PartialOrd, Ord)]
    enum Part<'a> {
        /// The number of digits without leading zeros, and those digits.
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

/// Why a text is not a valid container name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Contains an underscore, which an assertion in the guest's NixOS refuses.
    #[error("the container name `{0}` contains an underscore, which NixOS refuses")]
    Underscore(String),
    /// Not a host name (systemd's `hostname_is_valid`). machined requires one, and it needs no escapes in paths and unit names.
    #[error(
        "`{0}` cannot be the name of a machine: use at most 64 letters, digits, `-` and `.`, without a `-` or `.` at either end"
    )]
    NotAHostName(String),
}

impl ContainerName {
    /// Checks `name` against the rules of NixOS and systemd-machined.
    ///
    /// # Errors
    /// Fails if either of them would refuse the name.
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

    /// The unit that runs the container. No character of a valid name needs escaping: systemd unescapes `-` to `/` only in
    /// path units, not in instance names.
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
