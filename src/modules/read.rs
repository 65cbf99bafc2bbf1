//! Lets serde read evaluated values: straight into the model, or into JSON for options without a type in the model.
//!
//! Invariants:
//! - An unknown value is read as an unknown [`Field`](crate::model::Field), never as a value of its type.
//! - A failure is recorded and read as unknown, so that reading continues.

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IntoDeserializer as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Error, Value as Json, json};

use super::placeholder;
use crate::diag::{Code, Diagnostic};
use crate::eval::{Attrs, EvalError, Evaluator, Symbol, Unknown, Value};
use crate::model::{AT_LEAST_KEY, FIELD, UNKNOWN_KEY};
use crate::source::Span;

/// Reads values and collects errors.
pub(super) struct Reader<'a, 'e> {
    pub(super) ev: &'a mut Evaluator<'e>,
    pub(super) errors: Vec<Diagnostic>,
}

/// A value evaluated to its outermost constructor.
pub(super) enum Seen<'e> {
    /// Known: never a thunk, nor a set with unknown names.
    Known(Value<'e>),
    /// Unknown, at least in part.
    Unknown {
        /// Why.
        why: &'e Unknown,
        /// The elements or names that a list or set has for certain.
        at_least: Option<Json>,
    },
    /// Failed: an unknown leaf that holds the error.
    Failed(Json),
}

impl<'e> Reader<'_, 'e> {
    /// Evaluates a value to its outermost constructor.
    pub(super) fn see(&mut self, value: Value<'e>) -> Seen<'e> {
        let value = match self.ev.force_partial(value) {
            Ok(value) => value,
            Err(error) => return Seen::Failed(self.fail(&error)),
        };
        match value {
            Value::Unknown(why) => Seen::Unknown { why, at_least: None },
            Value::PartialList(partial) => {
                let certain = partial.items().iter().filter(|item| item.optional.is_none());
                let certain = certain.map(|item| self.json(item.value)).collect();
                Seen::Unknown { why: partial.why(), at_least: Some(certain) }
            }
            Value::String(text) | Value::Path(text) => match placeholder::described(&text.to_str_lossy()) {
                Some(what) => Seen::Unknown { why: self.known_to_nix(what), at_least: None },
                None => Seen::Known(value),
            },
            Value::Attrs(attrs) => {
                if let Some(path) = attrs.get(self.ev.heap.symbol("outPath")) {
                    return self.see(path);
                }
                let names = attrs.iter().map(|(name, ..)| self.ev.heap.name(name));
                let why = match names.filter_map(placeholder::described).last() {
                    Some(what) => Some(self.known_to_nix(what)),
                    None => attrs.any(),
                };
                match why {
                    Some(why) => Seen::Unknown { why, at_least: Some(self.members(attrs)) },
                    None => Seen::Known(value),
                }
            }
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::List(_) => Seen::Known(value),
            other => {
                let message = format!("{} has no JSON form", self.ev.report.describe(&self.ev.heap, other));
                self.wrong(Diagnostic::error(Code::OptionType, message))
            }
        }
    }

    /// Reads a value as JSON.
    pub(super) fn json(&mut self, value: Value<'e>) -> Json {
        let seen = self.see(value);
        self.json_of(seen)
    }

    /// Reads a value that [`see`](Self::see) returned as JSON.
    pub(super) fn json_of(&mut self, seen: Seen<'e>) -> Json {
        Json::deserialize(Read { reader: self, seen }).expect("JSON takes whatever has its form")
    }

    /// Reads the members of a set as JSON, without names that contain the path of a source.
    fn members(&mut self, attrs: &'e Attrs<'e>) -> Json {
        let members = members(attrs).map(|(name, value)| (self.ev.heap.name(name), value));
        let members: Vec<_> = members.filter(|(name, _)| placeholder::described(name).is_none()).collect();
        members.into_iter().map(|(name, value)| (name.to_owned(), self.json(value))).collect()
    }

    /// Records an error and returns a value to use in its place, so that reading continues.
    pub(super) fn wrong(&mut self, error: Diagnostic) -> Seen<'e> {
        let failed = failed_json(self.ev, std::slice::from_ref(&error));
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
        Seen::Failed(failed)
    }

    fn known_to_nix(&self, what: &str) -> &'e Unknown {
        self.ev.heap.unknown_reason(&format!("known to Nix only: {what}"), Span::NONE)
    }

    /// Records an error, once, and returns the leaf that holds it.
    pub(super) fn fail(&mut self, error: &EvalError<'e>) -> Json {
        let diagnostics = error.diagnostics();
        let failed = failed_json(self.ev, &diagnostics);
        for diagnostic in diagnostics {
            if !self.errors.contains(&diagnostic) {
                self.errors.push(diagnostic);
            }
        }
        failed
    }
}

/// The members of a set; optional ones are unknown.
fn members<'e>(attrs: &'e Attrs<'e>) -> impl Iterator<Item = (Symbol, Value<'e>)> + use<'e> {
    let optional = attrs.optional().iter().map(|one| (one.name(), Value::Unknown(one.why())));
    attrs.iter().map(|(name, value, _)| (name, value)).chain(optional)
}

/// The deserializer for one value.
pub(super) struct Read<'r, 'a, 'e> {
    pub(super) reader: &'r mut Reader<'a, 'e>,
    pub(super) seen: Seen<'e>,
}

impl<'de, 'e> Deserializer<'de> for Read<'_, '_, 'e> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Self { reader, seen } = self;
        let value = match seen {
            Seen::Known(value) => value,
            Seen::Unknown { why, at_least } => {
                let mut json = unknown_json(reader.ev, why.reason(), why.span());
                if let Some(at_least) = at_least {
                    json[AT_LEAST_KEY] = at_least;
                }
                return json.deserialize_map(visitor);
            }
            Seen::Failed(failed) => return failed.deserialize_map(visitor),
        };
        match value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Int(value) => visitor.visit_i64(value),
            Value::Float(value) => visitor.visit_f64(value),
            Value::String(text) | Value::Path(text) => visitor.visit_str(&text.to_str_lossy()),
            Value::List(items) => visitor.visit_seq(Elements { reader, items: items.iter() }),
            Value::Attrs(attrs) => {
                visitor.visit_map(Members { reader, members: members(attrs), value: Value::Null })
            }
            other => Err(Error::custom(format!(
                "{} has no JSON form",
                reader.ev.report.describe(&reader.ev.heap, other)
            ))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.seen {
            Seen::Known(Value::Null) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.seen {
            _ if name != FIELD => visitor.visit_newtype_struct(self),
            Seen::Known(_) => visitor.visit_some(self),
            Seen::Unknown { .. } | Seen::Failed(_) => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

struct Elements<'r, 'a, 'e, I> {
    reader: &'r mut Reader<'a, 'e>,
    items: I,
}

impl<'de, 'e, I: ExactSizeIterator<Item = Value<'e>>> SeqAccess<'de> for Elements<'_, '_, 'e, I> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let seen = self.reader.see(item);
        seed.deserialize(Read { reader: self.reader, seen }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Members<'r, 'a, 'e, I> {
    reader: &'r mut Reader<'a, 'e>,
    members: I,
    /// The value that belongs to the name returned last.
    value: Value<'e>,
}

impl<'de, 'e, I: Iterator<Item = (Symbol, Value<'e>)>> MapAccess<'de> for Members<'_, '_, 'e, I> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = value;
        let name: StrDeserializer<'_, Error> = self.reader.ev.heap.name(name).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let seen = self.reader.see(self.value);
        seed.deserialize(Read { reader: self.reader, seen })
    }
}

/// Builds an unknown leaf.
pub(super) fn unknown_json(ev: &Evaluator<'_>, reason: &str, span: Span) -> Json {
    let location = ev.report.sources().locate(span.start);
    let (file, line, column) =
        location.map_or((String::new(), 0, 0), |location| (location.file, location.line, location.column));
    json!({ UNKNOWN_KEY: { "reason": reason, "file": file, "line": line, "column": column } })
}

/// Builds an unknown leaf that holds an error, at the innermost known location.
pub(super) fn failed_json(ev: &Evaluator<'_>, diagnostics: &[Diagnostic]) -> Json {
    let first = diagnostics.first();
    let message = first.map_or("it does not evaluate", |first| first.message.as_str());
    let labels = first.into_iter().flat_map(|first| first.labels.iter().chain(&first.trace));
    let span = labels.map(|label| label.span).find(|span| *span != Span::NONE);
    let mut json = unknown_json(ev, message, span.unwrap_or(Span::NONE));
    json[UNKNOWN_KEY]["failed"] = true.into();
    json
}
