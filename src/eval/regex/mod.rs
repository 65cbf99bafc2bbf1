//! Regular expressions as Nix has them: POSIX extended syntax over bytes, matched the way libstdc++ does.
//!
//! Takes: a pattern and a text. Gives: where the pattern and its groups match.
//!
//! What differs from the POSIX standard is on purpose, for Nix matches with libstdc++: groups and loops are greedy from
//! left to right, as in Perl; but of the branches of an alternation both are tried, and the one that makes the whole match
//! longest counts.
//!
//! Invariants:
//! - Never exponential: what backtracks too often is run again with a memory of where it has been, which is bounded.
//! - Never recursive in the length of the text.

mod bracket;
mod matcher;
mod parse;
mod program;

pub(super) use matcher::Span;
pub(super) use program::Regex;

/// Why a pattern is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatternError {
    /// It breaks the syntax.
    Invalid,
    /// It would take too much memory.
    TooLarge,
}

/// A text on which a pattern can be tried in too many ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

#[cfg(test)]
mod tests;
