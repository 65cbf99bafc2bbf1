//! Prints values like `nix-instantiate --eval --strict`.

use std::collections::HashSet;
use std::io::Write as _;

use rustc_hash::FxBuildHasher;

use super::error::EvalResult;
use super::evaluator::Evaluator;
use super::value::{List, State, Value};
use crate::source::Span;
use crate::syntax::quote;

/// The addresses of sets and lists already printed.
type Seen = HashSet<usize, FxBuildHasher>;

/// Evaluates a value and everything in it.
///
/// # Errors
///
/// Fails if any part fails.
pub(super) fn force_deep<'e>(ev: &mut Evaluator<'e>, value: Value<'e>) -> EvalResult<'e, ()> {
    force_parts(ev, value, &mut Seen::default())
}

fn force_parts<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, seen: &mut Seen) -> EvalResult<'e, ()> {
    match ev.force(value)? {
        Value::List(list) if seen.insert(std::ptr::from_ref(list).addr()) => {
            list.iter().try_for_each(|item| ev.deeper(Span::NONE, |ev| force_parts(ev, item, seen)))
        }
        Value::Attrs(attrs) if seen.insert(std::ptr::from_ref(attrs).addr()) => {
            for (name, value, pos) in attrs.iter() {
                if let Err(error) = ev.deeper(Span::NONE, |ev| force_parts(ev, value, seen)) {
                    let what = format!("while evaluating the attribute '{}'", ev.heap.name(name));
                    error.trace(ev.report.attribute_span(pos), || what);
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
pub fn print<'e>(ev: &mut Evaluator<'e>, value: Value<'e>) -> EvalResult<'e, Vec<u8>> {
    force_deep(ev, value)?;
    let mut printer = Printer { ev, out: Vec::new(), seen: Seen::default() };
    printer.value(value)?;
    Ok(printer.out)
}

/// Writes an evaluated value on one line.
struct Printer<'a, 'e> {
    ev: &'a Evaluator<'e>,
    out: Vec<u8>,
    seen: Seen,
}

impl<'e> Printer<'_, 'e> {
    fn value(&mut self, value: Value<'e>) -> EvalResult<'e, ()> {
        self.ev.limits.check_stack(Span::NONE)?;
        match value {
            Value::Null => self.out.extend(b"null"),
            Value::Bool(value) => self.out.extend(if value { &b"true"[..] } else { b"false" }),
            Value::Int(value) => write!(self.out, "{value}").expect("writing to memory cannot fail"),
            Value::Float(value) => self.out.extend(float(value).bytes()),
            Value::String(text) => string(text.as_bytes(), &mut self.out),
            Value::Path(path) => self.out.extend(path.as_bytes()),
            Value::List(list) => self.list(list, std::ptr::from_ref(list).addr())?,
            Value::Attrs(attrs) => {
                if attrs.count() > 0 && !self.seen.insert(std::ptr::from_ref(attrs).addr()) {
                    self.out.extend("«repeated»".bytes());
                    return Ok(());
                }
                self.out.extend(b"{ ");
                for (name, value, _) in self.ev.heap.by_name(attrs) {
                    self.out.extend(quote(name).bytes());
                    self.out.extend(b" = ");
                    self.value(value)?;
                    self.out.extend(b"; ");
                }
                self.out.push(b'}');
            }
            Value::Lambda(_) => self.out.extend(b"<LAMBDA>"),
            Value::Primop(call) if call.arguments.is_empty() => self.out.extend(b"<PRIMOP>"),
            Value::Primop(_) => self.out.extend(b"<PRIMOP-APP>"),
            // The identity of a list is its cell: Nix copies lists along with values.
            Value::Thunk(thunk) => match thunk.state() {
                State::Done(value) => match value.get() {
                    Value::List(list) => self.list(list, std::ptr::from_ref(thunk).addr())?,
                    value => self.value(value)?,
                },
                State::Failed(error, length) => return Err(error.met_again(length)),
                State::Running | State::Code(_) | State::Native(..) | State::Call(..) | State::CallOn(..) => {
                    return Err(self
                        .ev
                        .report
                        .error(Span::NONE, "cannot print a value that has not been evaluated"));
                }
            },
            Value::PartialList(partial) => return Err(self.ev.report.unknown_error(partial.why())),
            Value::Unknown(unknown) => return Err(self.ev.report.unknown_error(unknown)),
        }
        Ok(())
    }

    fn list(&mut self, list: &List<'e>, cell: usize) -> EvalResult<'e, ()> {
        if !list.items().is_empty() && !self.seen.insert(cell) {
            self.out.extend("«repeated»".bytes());
            return Ok(());
        }
        self.out.extend(b"[ ");
        for item in list.iter() {
            self.value(item)?;
            self.out.push(b' ');
        }
        self.out.push(b']');
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
