//! Which interfaces a running dhcpcd configures.
//!
//! Source: dhcpcd.conf(5) and dhcpcd(8): without `denyinterfaces` and `allowinterfaces` it configures every Ethernet interface that
//! appears, and gives it an address and a route of its own if nobody answers. Both count only before the first `interface`, `ssid`
//! or `profile` line.

use std::path::PathBuf;

/// A dhcpcd that configures all interfaces, but for what its configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dhcpcd {
    /// Its configuration file.
    pub config: PathBuf,
    /// The patterns of which an interface must match one, if there are any.
    allowed: Vec<String>,
    /// The patterns of which an interface must match none.
    denied: Vec<String>,
}

impl Dhcpcd {
    /// Reads the text of its configuration, and its command line.
    pub fn new(config: PathBuf, text: &str, arguments: &[&str]) -> Self {
        let mut dhcpcd = Self { config, allowed: Vec::new(), denied: Vec::new() };
        for line in text.lines() {
            let (keyword, patterns) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
            match keyword {
                "interface" | "ssid" | "profile" => break,
                "allowinterfaces" => dhcpcd.allowed.extend(list(patterns)),
                "denyinterfaces" => dhcpcd.denied.extend(list(patterns)),
                _ => {}
            }
        }
        dhcpcd.allowed.extend(values(arguments, "-z", "--allowinterfaces").flat_map(list));
        dhcpcd.denied.extend(values(arguments, "-Z", "--denyinterfaces").flat_map(list));
        dhcpcd
    }

    /// Whether it configures an interface of this name as soon as there is one.
    pub fn acts_on(&self, interface: &str) -> bool {
        let is_one_of = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, interface));
        (self.allowed.is_empty() || is_one_of(&self.allowed)) && !is_one_of(&self.denied)
    }
}

/// The values of an option on a command line: the next word, or the rest of the same word.
pub(crate) fn values<'a>(arguments: &'a [&'a str], short: &'a str, long: &'a str) -> impl Iterator<Item = &'a str> {
    arguments.iter().enumerate().filter_map(move |(index, word)| {
        if *word == short || *word == long {
            return arguments.get(index + 1).copied();
        }
        let joined = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('='));
        joined.or_else(|| word.strip_prefix(short))
    })
}

fn list(patterns: &str) -> impl Iterator<Item = String> {
    patterns.split([' ', '\t', ',']).filter(|pattern| !pattern.is_empty()).map(str::to_owned)
}

/// Whether a name matches a pattern (fnmatch(3)). One with a character class counts as matching, since it was written for a reason.
fn matches(pattern: &str, name: &str) -> bool {
    let mut letters = pattern.chars();
    match letters.next() {
        None => name.is_empty(),
        Some('[') => true,
        Some('*') => name
            .char_indices()
            .map(|(at, _)| at)
            .chain([name.len()])
            .any(|at| matches(letters.as_str(), &name[at..])),
        Some(letter) => {
            let mut rest = name.chars();
            rest.next().is_some_and(|first| letter == '?' || letter == first)
                && matches(letters.as_str(), rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_is_left_alone_if_the_configuration_says_so_where_it_counts() {
        let table: [(&str, &[&str], &str, bool); 14] = [
            ("", &[], "ve-web", true),
            ("denyinterfaces ve-* vb-*", &[], "ve-web", false),
            ("denyinterfaces ve-* vb-*", &[], "side1", true),
            ("denyinterfaces lo,peth*,\tve-???", &[], "ve-web", false),
            ("denyinterfaces ve-???", &[], "ve-webs", true),
            ("# denyinterfaces ve-*", &[], "ve-web", true),
            ("interface eth0\n  denyinterfaces ve-*", &[], "ve-web", true),
            ("allowinterfaces eth*", &[], "ve-web", false),
            ("allowinterfaces eth* ve-*", &[], "ve-web", true),
            ("allowinterfaces ve-*\ndenyinterfaces ve-web", &[], "ve-web", false),
            ("denyinterfaces v[eb]-*", &[], "vb-web", false),
            ("", &["-Z", "ve-*"], "ve-web", false),
            ("", &["-q", "-Zve-*"], "ve-web", false),
            ("", &["--denyinterfaces=ve-*"], "ve-web", false),
        ];
        for (text, arguments, interface, acts) in table {
            let dhcpcd = Dhcpcd::new("/etc/dhcpcd.conf".into(), text, arguments);
            assert_eq!(dhcpcd.acts_on(interface), acts, "{text:?} {arguments:?} {interface}");
        }
    }
}
