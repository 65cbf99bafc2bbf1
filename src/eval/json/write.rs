//! Writes values as JSON into a single buffer.

use std::io::Write as _;

use crate::code::Context;
use crate::eval::coerce::Coercion;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::source::{Pos, Span};

impl<'e> Evaluator<'e> {
    /// Prints a value as JSON, exactly as Nix does.
    ///
    /// # Errors
    ///
    /// Fails if any part fails, is unknown, or is a function.
    pub fn to_json(&mut self, value: Value<'e>) -> EvalResult<'e, Vec<u8>> {
        self.json_with_context(value, Span::NONE).map(|(json, _)| json)
    }

    /// Prints a value as JSON; also returns the context of its strings.
    pub(in crate::eval) fn json_with_context(
        &mut self,
        value: Value<'e>,
        span: Span,
    ) -> EvalResult<'e, (Vec<u8>, Context<'e>)> {
        let mut out = Text::default();
        self.write_json(value, &mut out, span)?;
        Ok((out.bytes, out.context))
    }

    fn write_json(&mut self, value: Value<'e>, out: &mut Text<'e>, span: Span) -> EvalResult<'e, ()> {
        self.limits.reserve_text(out.bytes.len(), span)?;
        match self.force(value)? {
            Value::Null => out.push(b"null"),
            Value::Bool(value) => out.push(if value { b"true" } else { b"false" }),
            Value::Int(value) => write!(out.bytes, "{value}").expect("writing to memory cannot fail"),
            Value::Float(value) => float(value, &mut out.bytes),
            Value::String(text) => {
                out.context = self.heap.merge_contexts(out.context, text.context());
                self.write_json_string(text.as_bytes(), out, span)?;
            }
            Value::List(list) => {
                out.push(b"[");
                for (index, item) in list.iter().enumerate() {
                    if index > 0 {
                        out.push(b",");
                    }
                    self.deeper(span, |ev| ev.write_json(item, out, span))?;
                }
                out.push(b"]");
            }
            set @ Value::Attrs(attrs) => {
                if let Some(to_string) = attrs.get(self.heap.common.to_string) {
                    let text = self.apply(to_string, set, Pos::NONE)?;
                    let mut coerced = Text::default();
                    self.coerce_to_string(text, Coercion::PLAIN, &mut coerced, span)?;
                    out.context = self.heap.merge_contexts(out.context, coerced.context);
                    return self.write_json_string(&coerced.bytes, out, span);
                }
                if let Some(path) = attrs.get(self.heap.common.out_path) {
                    return self.deeper(span, |ev| ev.write_json(path, out, span));
                }
                if let Some(unknown) = attrs.rest() {
                    return Err(self.report.unknown_error(unknown));
                }
                out.push(b"{");
                for (index, at) in self.heap.order(attrs).iter().enumerate() {
                    let attr = attrs.attr(*at as usize);
                    if index > 0 {
                        out.push(b",");
                    }
                    self.write_json_string(self.heap.symbols.text(attr.name).as_bytes(), out, span)?;
                    out.push(b":");
                    if let Err(error) = self.deeper(span, |ev| ev.write_json(attr.value.get(), out, span)) {
                        let what = format!("while evaluating attribute '{}'", self.heap.name(attr.name));
                        error.trace(self.report.attribute_span(attr.pos), || what);
                        return Err(error);
                    }
                }
                out.push(b"}");
            }
            path @ Value::Path(_) => {
                let mut text = Text::default();
                self.coerce_to_string(path, Coercion::INTERPOLATION, &mut text, span)?;
                out.context = self.heap.merge_contexts(out.context, text.context);
                self.write_json_string(&text.bytes, out, span)?;
            }
            Value::Unknown(unknown) => return Err(self.report.unknown_error(self.heap.unknown_at(unknown, span))),
            other => {
                let message = format!("cannot convert {} to JSON", self.type_in_words(other));
                return Err(self.report.error(span, &message));
            }
        }
        Ok(())
    }

    fn write_json_string(&self, bytes: &[u8], out: &mut Text<'e>, span: Span) -> EvalResult<'e, ()> {
        if let Err(error) = std::str::from_utf8(bytes) {
            let message =
                format!("JSON serialization error: [json.exception.type_error.316] {}", not_utf8(bytes, error));
            return Err(self.report.error(span, &message));
        }
        string(bytes, &mut out.bytes);
        Ok(())
    }
}

/// The message of Nix's JSON library for bytes that are not UTF-8. It names the first byte that cannot continue a
/// character.
fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> String {
    let Some(length) = error.error_len() else {
        let last = bytes.last().copied().unwrap_or_default();
        return format!("incomplete UTF-8 string; last byte: 0x{last:02X}");
    };
    let first = error.valid_up_to();
    let may_begin = matches!(bytes[first], 0xc2..=0xf4);
    let at = if may_begin { first + length } else { first };
    format!("invalid UTF-8 byte at index {at}: 0x{:02X}", bytes[at])
}

/// Writes a JSON string literal.
pub(in crate::eval) fn string(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut start = 0;
    for (index, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && !matches!(byte, b'"' | b'\\') {
            continue;
        }
        out.extend_from_slice(&bytes[start..index]);
        start = index + 1;
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            0x08 => out.extend(b"\\b"),
            0x0c => out.extend(b"\\f"),
            _ => write!(out, "\\u{byte:04x}").expect("writing to memory cannot fail"),
        }
    }
    out.extend_from_slice(&bytes[start..]);
    out.push(b'"');
}

/// Writes the shortest digits that represent a float; very large and very small numbers get an exponent.
fn float(value: f64, out: &mut Vec<u8>) {
    if !value.is_finite() {
        out.extend(b"null");
        return;
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes it as a number");
    if (-4..15).contains(&exponent) {
        let plain = format!("{value}");
        out.extend(plain.bytes());
        if !plain.contains('.') {
            out.extend(b".0");
        }
        return;
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    write!(out, "{mantissa}e{sign}{:02}", exponent.abs()).expect("writing to memory cannot fail");
}

#[cfg(test)]
mod tests {
    #[test]
    fn floats_are_short_and_stay_floats() {
        #[rustfmt::skip]
        let table = [
            (1.0, "1.0"), (0.1, "0.1"), (1.0e14, "100000000000000.0"), (1.0e16, "1e+16"), (-0.0, "-0.0"), (1.5e-7, "1.5e-07"),
            (f64::INFINITY, "null"), (1.0e100, "1e+100"), (0.0001, "0.0001"),
        ];
        for (value, printed) in table {
            let mut out = Vec::new();
            super::float(value, &mut out);
            assert_eq!(String::from_utf8_lossy(&out), printed);
        }
    }
}
