//! Values as JSON and back (`builtins.toJSON`, `builtins.fromJSON`).

use std::fmt::Write;

use super::error::EvalResult;
use super::machine::Evaluator;
use super::operators::Coercion;
use super::text::Text;
use super::value::Value;
use crate::source::{Pos, Span};

impl<'e> Evaluator<'e> {
    /// A value as JSON, as Nix prints it.
    pub(super) fn print_json(&mut self, value: Value<'e>, span: Span) -> EvalResult<'e, String> {
        let mut out = String::new();
        self.write_json(value, &mut out, span)?;
        Ok(out)
    }

    /// A value as JSON, for the command line.
    pub fn to_json(&mut self, value: Value<'e>) -> EvalResult<'e, Vec<u8>> {
        self.print_json(value, Span::NONE).map(String::into_bytes)
    }

    fn write_json(&mut self, value: Value<'e>, out: &mut String, span: Span) -> EvalResult<'e, ()> {
        match self.force(value)? {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if value { "true" } else { "false" }),
            Value::Int(value) => write!(out, "{value}").expect("writing to a string cannot fail"),
            Value::Float(value) => out.push_str(&serde_json::json!(value).to_string()),
            Value::String(text) => write_string(&text.to_str_lossy(), out),
            Value::List(list) => {
                out.push('[');
                for (index, item) in list.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.deeper(span, |ev| ev.write_json(item, out, span))?;
                }
                out.push(']');
            }
            set @ Value::Attrs(attrs) => {
                if attrs.get(self.common.to_string).is_some() {
                    let mut text = Text::default();
                    self.coerce_to_string(set, Coercion::INTERPOLATION, &mut text, span)?;
                    write_string(&text.to_str_lossy(), out);
                    return Ok(());
                }
                if let Some(path) = attrs.get(self.common.out_path) {
                    return self.deeper(span, |ev| ev.write_json(path, out, span));
                }
                if let Some(unknown) = attrs.rest() {
                    return Err(self.unknown_error(unknown));
                }
                let mut named: Vec<_> = attrs.iter().map(|(name, value, _)| (self.name(name), value)).collect();
                named.sort_by_key(|(name, _)| *name);
                out.push('{');
                for (index, (name, value)) in named.into_iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    self.deeper(span, |ev| ev.write_json(value, out, span))?;
                }
                out.push('}');
            }
            path @ Value::Path(_) => {
                let mut text = Text::default();
                self.coerce_to_string(path, Coercion::INTERPOLATION, &mut text, span)?;
                write_string(&text.to_str_lossy(), out);
            }
            Value::Unknown(unknown) => return Err(self.unknown_error(self.unknown_at(unknown, span))),
            other => {
                let message = format!("cannot convert {} to JSON", self.describe(other));
                return Err(self.error(span, &message));
            }
        }
        Ok(())
    }

    /// JSON as a value. The error is serde_json's.
    pub(super) fn parse_json(&self, text: &[u8]) -> Result<Value<'e>, serde_json::Error> {
        Ok(self.json_value(&serde_json::from_slice(text)?))
    }

    fn json_value(&self, json: &serde_json::Value) -> Value<'e> {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(value) => Value::Int(value),
                None => Value::Float(number.as_f64().unwrap_or(f64::INFINITY)),
            },
            serde_json::Value::String(text) => self.string(text),
            serde_json::Value::Array(items) => self.list(items.iter().map(|item| self.json_value(item))),
            serde_json::Value::Object(members) => self
                .attrs(members.iter().map(|(name, value)| (self.symbol(name), self.json_value(value), Pos::NONE))),
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
