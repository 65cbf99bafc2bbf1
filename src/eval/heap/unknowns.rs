//! Unknown values.

use super::Heap;
use crate::code::Symbol;
use crate::eval::value::{Unknown, Value};
use crate::source::Span;
use crate::syntax::quote;

impl<'e> Heap<'e> {
    /// An unknown value.
    pub fn unknown(&self, reason: &str, span: Span) -> Value<'e> {
        Value::Unknown(self.unknown_reason(reason, span))
    }

    /// The reason for an unknown value.
    pub fn unknown_reason(&self, reason: &str, span: Span) -> &'e Unknown {
        self.bump.alloc(Unknown::new(reason, span))
    }

    /// Gives an unknown value the position `span`, unless it has one.
    pub(in crate::eval) fn unknown_at(&self, unknown: &'e Unknown, span: Span) -> &'e Unknown {
        if unknown.span() == Span::NONE && span != Span::NONE {
            if unknown.is_named() {
                return self.bump.alloc(Unknown::named(unknown.reason(), span));
            }
            return self.unknown_reason(unknown.reason(), span);
        }
        unknown
    }

    /// A value, such as `pkgs`, that only a build determines; selections from it append to the name.
    pub fn known_after_build(&self, name: &str) -> &'e Unknown {
        self.unknown_named(&format!("known after build: {name}"))
    }

    /// The reason why a set may have further names. In a `with`, names of outer sets take precedence over these.
    pub fn unknown_beyond(&self, reason: &str) -> &'e Unknown {
        self.bump.alloc(Unknown::beyond(reason))
    }

    /// An unknown value whose reason ends with its name; selections from it append to the name.
    pub fn unknown_named(&self, reason: &str) -> &'e Unknown {
        self.bump.alloc(Unknown::named(reason, Span::NONE))
    }

    /// The attribute `name` of an unknown value.
    pub(in crate::eval) fn unknown_member(&self, unknown: &'e Unknown, name: Symbol, span: Span) -> &'e Unknown {
        if unknown.is_named() {
            let reason = format!("{}.{}", unknown.reason(), quote(self.name(name)));
            let span = if span == Span::NONE { unknown.span() } else { span };
            return self.bump.alloc(Unknown::named(&reason, span));
        }
        self.unknown_at(unknown, span)
    }
}
