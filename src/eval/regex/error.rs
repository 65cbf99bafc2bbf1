//! Why a pattern does not match.

/// Why a pattern is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::eval) enum PatternError {
    /// A syntax error.
    Invalid,
    /// The pattern would need too much memory.
    TooLarge,
}

/// There are too many ways to match the pattern against this text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::eval) struct TooMany;
