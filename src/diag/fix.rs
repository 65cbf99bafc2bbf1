//! Fixes that are certain to be right, described as changes to a text.

use crate::source::{Pos, Span};

/// A change to make. A definition is named by the position where its attribute path begins; [`crate::syntax::mend`]
/// decides from the text there whether the change is possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Replaces these bytes.
    Text(Span, String),
    /// Replaces consecutive names in an attribute path.
    Rename {
        /// The definition.
        at: Pos,
        /// The names that are in the path now.
        from: Vec<String>,
        /// The Nix text that replaces them.
        to: String,
    },
    /// Replaces a string in a definition's value, if the string occurs there exactly once.
    Replace {
        /// The definition.
        at: Pos,
        /// The contents of the string.
        string: String,
        /// The Nix text that replaces it.
        by: String,
    },
    /// Appends an element to a list literal.
    Append {
        /// The definition whose value is the list.
        at: Pos,
        /// A definition that must enclose it.
        within: Pos,
        /// The element, as Nix text.
        element: String,
    },
    /// Adds a definition to a set literal, or to the one that a function returns.
    Define {
        /// The definition whose value is the set.
        at: Pos,
        /// The definition, as Nix text with its `;`.
        definition: String,
    },
    /// Makes the first of these changes that is possible.
    First(Vec<Fix>),
}

/// Replaces a range of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The range to delete; empty for an insertion.
    pub span: Span,
    /// The text that replaces it.
    pub text: String,
}
