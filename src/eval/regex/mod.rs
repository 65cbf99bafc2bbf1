//! Regular expressions as in Nix: POSIX extended syntax over bytes, matched as libstdc++ does.
//!
//! Given a pattern and a text, it returns where the pattern and its groups match.
//!
//! It deviates from POSIX on purpose, because Nix uses libstdc++: groups and loops are greedy from left to right, as
//! in Perl, but both branches of an alternation are tried, and the one with the longest overall match wins.
//!
//! Invariants:
//! - Never exponential: a search that backtracks too often is repeated with bounded memoization.
//! - Never recursive in the length of the text.

mod bracket;
mod cache;
mod error;
mod matcher;
mod parse;
mod program;

pub(super) use cache::Patterns;
pub(super) use error::{PatternError, TooMany};
pub(super) use matcher::Span;
pub(super) use program::Regex;

#[cfg(test)]
mod tests;
