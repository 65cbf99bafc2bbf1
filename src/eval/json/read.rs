//! Parses JSON directly into values.
//!
//! Integers, floats and errors follow the library with which Nix reads JSON.

use std::collections::BTreeMap;

use crate::eval::evaluator::Evaluator;
use crate::eval::heap::Heap;
use crate::eval::limits::Limits;
use crate::eval::value::{Attr, Value};
use crate::source::Pos;
use crate::syntax::null_bytes;

/// A result whose error is a message.
type Parsed<T> = Result<T, String>;

/// How deeply a text may nest: deeper values could not be printed either.
const DEEPEST: usize = 100_000;

/// Parses a JSON text into a value.
pub(in crate::eval) fn parse_json<'e>(ev: &Evaluator<'e>, text: &[u8]) -> Parsed<Value<'e>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = JsonReader { heap: &ev.heap, limits: &ev.limits, text, at: 0, depth: 0 };
    reader.space();
    let value = reader.value()?;
    reader.space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.unexpected("end of input")),
    }
}

/// A JSON text, read up to `at`.
struct JsonReader<'a, 'e> {
    heap: &'a Heap<'e>,
    limits: &'a Limits<'e>,
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'e> JsonReader<'_, 'e> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn unexpected(&self, expected: &str) -> String {
        let before = &self.text[..self.at.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        let what = if self.at < self.text.len() { "unexpected character" } else { "unexpected end of input" };
        format!(
            "[json.exception.parse_error.101] parse error at line {line}, column {column}: {what}; expected {expected}"
        )
    }

    fn eat(&mut self, word: &str) -> Parsed<()> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(self.unexpected(word));
        }
        self.at += word.len();
        Ok(())
    }

    fn value(&mut self) -> Parsed<Value<'e>> {
        match self.peek() {
            Some(b'n') => self.eat("null").map(|()| Value::Null),
            Some(b't') => self.eat("true").map(|()| Value::Bool(true)),
            Some(b'f') => self.eat("false").map(|()| Value::Bool(false)),
            Some(b'"') => self.string().map(|bytes| self.heap.bytes(&bytes)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(open @ (b'[' | b'{')) => {
                self.depth += 1;
                if self.depth > DEEPEST || self.limits.check_stack(crate::source::Span::NONE).is_err() {
                    return Err(String::from("the text is nested too deeply"));
                }
                self.at += 1;
                let value = if open == b'[' { self.list() } else { self.object() };
                self.depth -= 1;
                value
            }
            _ => Err(self.unexpected("a value")),
        }
    }

    /// Reads what follows an item: true after a comma, false after the closing bracket.
    fn more(&mut self, close: u8) -> Parsed<bool> {
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.space();
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.unexpected(&format!("',' or '{}'", char::from(close)))),
        }
    }

    fn list(&mut self) -> Parsed<Value<'e>> {
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(self.heap.list(items));
        }
        loop {
            items.push(self.value()?);
            if !self.more(b']')? {
                return Ok(self.heap.list(items));
            }
        }
    }

    fn object(&mut self) -> Parsed<Value<'e>> {
        let mut members = BTreeMap::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(self.heap.attrs([]));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a string"));
            }
            let name = self.string()?;
            let name = self.heap.symbol(&String::from_utf8_lossy(&name));
            self.space();
            self.eat(":")?;
            self.space();
            let value = self.value()?;
            // As in Nix, the last member of a name wins.
            members.insert(name, value);
            if !self.more(b'}')? {
                let members: Vec<_> = members
                    .into_iter()
                    .map(|(name, value)| Attr { name, pos: Pos::NONE, value: self.heap.pack(value) })
                    .collect();
                return Ok(self.heap.attrs_of(&members, None));
            }
        }
    }

    fn digits(&mut self) -> Parsed<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    fn number(&mut self) -> Parsed<Value<'e>> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        // After a leading 0 no further digits may come before the dot.
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
            whole = false;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
            whole = false;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).expect("digits and signs are ASCII");
        if whole {
            if let Ok(value) = text.parse::<i64>() {
                return Ok(Value::Int(value));
            }
            if let Ok(value) = text.parse::<u64>() {
                return Err(format!("unsigned json number {value} outside of Nix integer range"));
            }
        }
        let value: f64 = text.parse().expect("the grammar is a part of Rust's");
        if value.is_infinite() {
            Err(format!("[json.exception.out_of_range.406] number overflow parsing '{text}'"))
        } else {
            Ok(Value::Float(value))
        }
    }

    fn string(&mut self) -> Parsed<Vec<u8>> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte >= 0x20 && !matches!(byte, b'"' | b'\\')) {
                self.at += 1;
            }
            let plain = &self.text[start..self.at];
            if std::str::from_utf8(plain).is_err() {
                return Err(String::from(
                    "[json.exception.parse_error.101] parse error: invalid string: ill-formed UTF-8 byte",
                ));
            }
            out.extend_from_slice(plain);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    break;
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                Some(_) => return Err(self.unexpected("control characters to be escaped")),
                None => return Err(self.unexpected("a closing quote")),
            }
        }
        null_bytes(&out).map_or(Ok(out), Err)
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Parsed<()> {
        let escaped = self.peek();
        self.at += 1;
        out.push(match escaped {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                let mut code = self.hex()?;
                if (0xd800..0xdc00).contains(&code) && self.text[self.at..].starts_with(b"\\u") {
                    self.at += 2;
                    let low = self.hex()?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return Err(self.unexpected("the second half of a surrogate pair"));
                    }
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                }
                let Some(c) = char::from_u32(code) else {
                    return Err(self.unexpected("a surrogate pair"));
                };
                out.extend(c.encode_utf8(&mut [0; 4]).bytes());
                return Ok(());
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected("an escape"));
            }
        });
        Ok(())
    }

    fn hex(&mut self) -> Parsed<u32> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits.and_then(|digits| std::str::from_utf8(digits).ok()) else {
            return Err(self.unexpected("four hexadecimal digits"));
        };
        self.at += 4;
        Ok(u32::from_str_radix(digits, 16).expect("they are hexadecimal digits"))
    }
}
