//! Prints values like `nix-instantiate --eval --strict`.

use std::collections::HashSet;
use std::io::Write as _;

use rustc_hash::FxBuildHasher;

use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::value::{State, Value};
use crate::source::Span;
use crate::syntax::quote;

/// The addresses of sets and lists already printed.
type Seen = HashSet<usize, FxBuildHasher>;

impl<'e> Evaluator<'e> {
    /// Evaluates a value and everything in it.
    ///
    /// # Errors
    ///
    /// Fails if any part fails.
    pub fn force_deep(&mut self, value: Value<'e>) -> EvalResult<'e, ()> {
        self.force_parts(value, &mut Seen::default())
    }

    fn force_parts(&mut self, value: Value<'e>, seen: &mut Seen) -> EvalResult<'e, ()> {
        match self.force(value)? {
            Value::List(list) if seen.insert(std::ptr::from_ref(list).addr()) => {
                list.iter().try_for_each(|item| self.deeper(Span::NONE, |ev| ev.force_parts(item, seen)))
            }
            Value::Attrs(attrs) if seen.insert(std::ptr::from_ref(attrs).addr()) => {
                for (name, value, pos) in attrs.iter() {
                    if let Err(error) = self.deeper(Span::NONE, |ev| ev.force_parts(value, seen)) {
                        let what = format!("while evaluating the attribute '{}'", self.heap.name(name));
                        error.trace(self.report.attribute_span(pos), || what);
                        return Err(error);
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Evaluates a value and everything in it, and prints it on one line.
    ///
    /// Returns bytes instead of text, because strings are bytes.
    ///
    /// # Errors
    ///
    /// Fails if any part fails or is unknown.
    pub fn print(&mut self, value: Value<'e>) -> EvalResult<'e, Vec<u8>> {
        self.force_deep(value)?;
        let mut out = Vec::new();
        self.print_parts(value, &mut out, &mut Seen::default())?;
        Ok(out)
    }

    fn print_parts(&self, value: Value<'e>, out: &mut Vec<u8>, seen: &mut Seen) -> EvalResult<'e, ()> {
        self.limits.check_stack(Span::NONE)?;
        match value {
            Value::Null => out.extend(b"null"),
            Value::Bool(value) => out.extend(if value { &b"true"[..] } else { b"false" }),
            Value::Int(value) => write!(out, "{value}").expect("writing to memory cannot fail"),
            Value::Float(value) => out.extend(float(value).bytes()),
            Value::String(text) => string(text.as_bytes(), out),
            Value::Path(path) => out.extend(path.as_bytes()),
            Value::List(list) => self.print_list(list, std::ptr::from_ref(list).addr(), out, seen)?,
            Value::Attrs(attrs) => {
                if attrs.count() > 0 && !seen.insert(std::ptr::from_ref(attrs).addr()) {
                    out.extend("«repeated»".bytes());
                    return Ok(());
                }
                out.extend(b"{ ");
                for (name, value, _) in self.heap.by_name(attrs) {
                    out.extend(quote(name).bytes());
                    out.extend(b" = ");
                    self.print_parts(value, out, seen)?;
                    out.extend(b"; ");
                }
                out.push(b'}');
            }
            Value::Lambda(_) => out.extend(b"<LAMBDA>"),
            Value::Primop(call) if call.arguments.is_empty() => out.extend(b"<PRIMOP>"),
            Value::Primop(_) => out.extend(b"<PRIMOP-APP>"),
            // The identity of a list is its cell: Nix copies lists along with values.
            Value::Thunk(thunk) => match thunk.state() {
                State::Done(value) => match value.get() {
                    Value::List(list) => self.print_list(list, std::ptr::from_ref(thunk).addr(), out, seen)?,
                    value => self.print_parts(value, out, seen)?,
                },
                State::Failed(error, length) => return Err(error.met_again(length)),
                State::Running | State::Code(_) | State::Native(..) | State::Call(..) | State::CallOn(..) => {
                    return Err(self.report.error(Span::NONE, "cannot print a value that has not been evaluated"));
                }
            },
            Value::PartialList(partial) => return Err(self.report.unknown_error(partial.why())),
            Value::Unknown(unknown) => return Err(self.report.unknown_error(unknown)),
        }
        Ok(())
    }

    fn print_list(
        &self,
        list: &super::value::List<'e>,
        cell: usize,
        out: &mut Vec<u8>,
        seen: &mut Seen,
    ) -> EvalResult<'e, ()> {
        if !list.items().is_empty() && !seen.insert(cell) {
            out.extend("«repeated»".bytes());
            return Ok(());
        }
        out.extend(b"[ ");
        for item in list.iter() {
            self.print_parts(item, out, seen)?;
            out.push(b' ');
        }
        out.push(b']');
        Ok(())
    }
}

/// Writes bytes as a string literal.
pub(super) fn string(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', *byte]),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            b'$' if bytes.get(index + 1) == Some(&b'{') => out.extend(b"\\$"),
            _ => out.push(*byte),
        }
    }
    out.push(b'"');
}

/// Formats a float like C's `%g`: six significant digits.
pub(super) fn float(value: f64) -> String {
    const DIGITS: i32 = 6;
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        return format!("{sign}nan");
    }
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let scientific = format!("{value:.5e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("`{:e}` writes an exponent");
    let exponent: i32 = exponent.parse().expect("`{:e}` writes it as a number");
    let strip = |digits: &str| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits.to_owned(),
    };
    if (-4..DIGITS).contains(&exponent) {
        let places = usize::try_from(DIGITS - 1 - exponent).expect("the exponent is smaller than the digits");
        return strip(&format!("{value:.places$}"));
    }
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{exponent_sign}{:02}", strip(mantissa), exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::float;

    #[test]
    fn floats_have_six_digits() {
        #[rustfmt::skip]
        let table = [
            (0.1, "0.1"), (1.0e7, "1e+07"), (123_456.7, "123457"), (0.0, "0"), (-0.0, "-0"), (1.0e-5, "1e-05"),
            (f64::INFINITY, "inf"), (-f64::NAN, "-nan"), (100_000.0, "100000"), (1_000_000.0, "1e+06"),
            (0.123_456_7, "0.123457"), (1.5e300, "1.5e+300"), (999_999.5, "1e+06"), (0.0001, "0.0001"), (-2.5, "-2.5"),
        ];
        for (value, printed) in table {
            assert_eq!(float(value), printed);
        }
    }
}
