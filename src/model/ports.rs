//! Ports of TCP, UDP and SCTP, and where they lead.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::diag::{Code, Diagnostic};

/// One port, or all from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Ports {
    /// The first, never 0.
    pub first: u16,
    /// The last, never before the first.
    pub last: u16,
}

/// Ports in a file, which anybody may have edited.
#[derive(Deserialize)]
struct Written {
    first: u16,
    last: u16,
}

impl TryFrom<Written> for Ports {
    type Error = String;

    fn try_from(Written { first, last }: Written) -> Result<Self, Self::Error> {
        match 0 < first && first <= last {
            true => Ok(Self { first, last }),
            false => Err(format!("{first}-{last} is not a range of ports")),
        }
    }
}

impl Ports {
    /// The most ports that a forward may give other numbers: each is an element of its own.
    pub const MOST_RENUMBERED: u32 = 10_000;

    /// A single port.
    pub fn one(port: u16) -> Self {
        Self { first: port, last: port }
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        u32::from(self.last - self.first) + 1
    }

    /// Where a port leads if these lead to `to`, one by one in the same order or all to one; `None` if it is none of them, or if
    /// there are too few of `to`.
    pub fn lead(self, to: Self, port: u16) -> Option<u16> {
        let is_one_of_them = self.first <= port && port <= self.last;
        let offset = if to.first == to.last { 0 } else { port.checked_sub(self.first)? };
        let there = to.first.checked_add(offset).filter(|there| *there <= to.last)?;
        is_one_of_them.then_some(there)
    }

    /// Why these ports of the host cannot lead to the ports `to` of `target`, one by one or all to one.
    pub(super) fn cannot_lead(self, to: Self, target: &str) -> Option<Diagnostic> {
        if to.count() != 1 && self.count() != to.count() {
            let counted = |ports: Self| match ports.count() {
                1 => format!("port {ports}"),
                count => format!("the {count} ports {ports}"),
            };
            let message = format!("{} of the host cannot lead to {} of {target}", counted(self), counted(to));
            let help = "give both ranges the same size, or lead all ports to one";
            return Some(Diagnostic::error(Code::OptionCombination, message).help(help));
        }
        if self != to && self.count() > Self::MOST_RENUMBERED {
            let message =
                format!("cannot give {} ports of the host other numbers: {self} leads to {to}", self.count());
            let help = format!(
                "lead them to the same ports, or at most {} to others: each of those is an element of its own",
                Self::MOST_RENUMBERED
            );
            return Some(Diagnostic::error(Code::OptionCombination, message).help(help));
        }
        None
    }

    /// The ports in both, which must overlap.
    pub(super) fn shared(self, other: Self) -> Self {
        Self { first: self.first.max(other.first), last: self.last.min(other.last) }
    }

    /// Whether any port is in both.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Parses `A`, or `A` and `B` with `separator` between them.
    pub(super) fn parse(text: &str, separator: char) -> Result<Self, String> {
        let port = |digits: &str| match digits.parse::<u16>() {
            Ok(0) => Err(String::from("port 0 cannot be forwarded")),
            Ok(port) if digits.bytes().all(|digit| digit.is_ascii_digit()) => Ok(port),
            _ => Err(format!("`{digits}` is not a port")),
        };
        let (first, last) = text.split_once(separator).unwrap_or((text, text));
        let ports = Self { first: port(first)?, last: port(last)? };
        match ports.first <= ports.last {
            true => Ok(ports),
            false => Err(format!("the range of ports `{text}` is reversed")),
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => self.first.fmt(f),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_ports_that_are_none_is_refused_and_too_few_lead_nowhere() {
        let read = |text: &str| serde_json::from_str::<Ports>(text).map_err(|error| error.to_string());
        let ports = |first, last| Ports { first, last };
        assert_eq!(read(r#"{"first": 80, "last": 81}"#), Ok(ports(80, 81)));
        for wrong in [r#"{"first": 81, "last": 80}"#, r#"{"first": 0, "last": 80}"#] {
            let why = read(wrong).expect_err("refused");
            assert!(why.contains("is not a range of ports"), "{why}");
        }
        let all = ports(1, 65_535);
        let to = ports(65_534, 65_535);
        assert_eq!([1, 2, 3, 65_535].map(|port| all.lead(to, port)), [Some(65_534), Some(65_535), None, None]);
        assert_eq!(ports(5, 6).lead(ports(9, 9), 6), Some(9));
    }
}
