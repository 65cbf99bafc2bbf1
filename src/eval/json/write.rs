//! Writes values as JSON into a single buffer.

use std::io::Write as _;

use crate::code::Context;
use crate::eval::coerce::Coercion;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::source::{Pos, Span};

/// Prints a value as JSON, exactly as Nix does.
///
/// # Errors
///
/// Fails if any part fails, is unknown, or is a function.
pub fn to_json<'e>(ev: &mut Evaluator<'e>, value: Value<'e>) -> EvalResult<'e, Vec<u8>> {
    json_with_context(ev, value, Span::NONE).map(|(json, _)| json)
}

/// Prints a value as JSON; also returns the context of its strings.
pub(in crate::eval) fn json_with_context<'e>(
    ev: &mut Evaluator<'e>,
    value: Value<'e>,
    span: Span,
) -> EvalResult<'e, (Vec<u8>, Context<'e>)> {
    let mut writer = JsonWriter { out: Text::default(), span };
    writer.value(ev, value)?;
    Ok((writer.out.bytes, writer.out.context))
}

/// A JSON text under construction.
struct JsonWriter<'e> {
    out: Text<'e>,
    /// What errors point to.
    span: Span,
}

impl<'e> JsonWriter<'e> {
    fn value(&mut self, ev: &mut Evaluator<'e>, value: Value<'e>) -> EvalResult<'e, ()> {
        ev.limits.reserve_text(self.out.bytes.len(), self.span)?;
        match ev.force(value)? {
            Value::Null => self.out.push(b"null"),
            Value::Bool(value) => self.out.push(if value { b"true" } else { b"false" }),
            Value::Int(value) => write!(self.out.bytes, "{value}").expect("writing to memory cannot fail"),
            Value::Float(value) => float(value, &mut self.out.bytes),
            Value::String(text) => {
                self.out.context = ev.heap.merge_contexts(self.out.context, text.context());
                self.string(ev, text.as_bytes())?;
            }
            Value::List(list) => {
                self.out.push(b"[");
                for (index, item) in list.iter().enumerate() {
                    if index > 0 {
                        self.out.push(b",");
                    }
                    ev.deeper(self.span, |ev| self.value(ev, item))?;
                }
                self.out.push(b"]");
            }
            set @ Value::Attrs(attrs) => {
                if let Some(to_string) = attrs.get(ev.heap.common.to_string) {
                    let text = ev.apply(to_string, set, Pos::NONE)?;
                    let mut coerced = Text::default();
                    ev.coerce_to_string(text, Coercion::PLAIN, &mut coerced, self.span)?;
                    self.out.context = ev.heap.merge_contexts(self.out.context, coerced.context);
                    return self.string(ev, &coerced.bytes);
                }
                if let Some(path) = attrs.get(ev.heap.common.out_path) {
                    return ev.deeper(self.span, |ev| self.value(ev, path));
                }
                if let Some(unknown) = attrs.rest() {
                    return Err(ev.report.unknown_error(unknown));
                }
                self.out.push(b"{");
                for (index, at) in ev.heap.order(attrs).iter().enumerate() {
                    let attr = attrs.attr(*at as usize);
                    if index > 0 {
                        self.out.push(b",");
                    }
                    self.string(ev, ev.heap.symbols.text(attr.name).as_bytes())?;
                    self.out.push(b":");
                    if let Err(error) = ev.deeper(self.span, |ev| self.value(ev, attr.value.get())) {
                        let what = format!("while evaluating attribute '{}'", ev.heap.name(attr.name));
                        error.trace(ev.report.attribute_span(attr.pos), || what);
                        return Err(error);
                    }
                }
                self.out.push(b"}");
            }
            path @ Value::Path(_) => {
                let mut text = Text::default();
                ev.coerce_to_string(path, Coercion::INTERPOLATION, &mut text, self.span)?;
                self.out.context = ev.heap.merge_contexts(self.out.context, text.context);
                self.string(ev, &text.bytes)?;
            }
            Value::Unknown(unknown) => return Err(ev.report.unknown_error(ev.heap.unknown_at(unknown, self.span))),
            other => {
                let message = format!("cannot convert {} to JSON", other.type_name());
                return Err(ev.report.error(self.span, &message));
            }
        }
        Ok(())
    }

    /// Writes a string, which must be UTF-8.
    fn string(&mut self, ev: &Evaluator<'e>, bytes: &[u8]) -> EvalResult<'e, ()> {
        if let Err(error) = std::str::from_utf8(bytes) {
            let message =
                format!("JSON serialization error: [json.exception.type_error.316] {}", not_utf8(bytes, error));
            return Err(ev.report.error(self.span, &message));
        }
        string(bytes, &mut self.out.bytes);
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
