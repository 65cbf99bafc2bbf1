//! Help that is certain, as something that can be done to a text.

use crate::source::{Pos, Span};

/// What is to be done. A definition is named by where its attribute path begins; what its text looks like there decides
/// whether it can be done ([`crate::syntax::mend`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Another text for these bytes.
    Text(Span, String),
    /// Other names for some in an attribute path.
    Rename {
        /// The definition.
        at: Pos,
        /// The names that stand there, one after the other.
        from: Vec<String>,
        /// What stands there instead, as Nix.
        to: String,
    },
    /// Another text for a string in the value of a definition, where there is one such string.
    Replace {
        /// The definition.
        at: Pos,
        /// What the string says.
        string: String,
        /// What stands there instead, as Nix.
        by: String,
    },
    /// One element more in a list that is written out.
    Append {
        /// The definition whose value it is.
        at: Pos,
        /// A definition that it has to be in.
        within: Pos,
        /// The element, as Nix.
        element: String,
    },
    /// One definition more in a set that is written out, or that a function gives.
    Define {
        /// The definition whose value it is.
        at: Pos,
        /// The definition, as Nix, with its `;`.
        definition: String,
    },
    /// The first of these that can be done.
    First(Vec<Fix>),
}

/// Other bytes for some of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes; empty where something is put in.
    pub span: Span,
    /// What comes in its place.
    pub text: String,
}
