//! Parses numbers, strings and paths.
//!
//! Source: `unescapeStr` and `stripIndentation` of Nix's parser.

use std::path::Path;

use super::lexer::{self, Token};
use super::literal_lints::Discouraged;
use super::parser::Parser;
use super::refusal::{Parsed, Refusal};
use super::tree::{Kind, Piece, TreeRef};
use crate::diag::Diagnostic;
use crate::source::Span;

/// A part of an indented string before its indentation is removed.
enum Part<'t, 'e> {
    Text {
        bytes: Vec<u8>,
        /// Whether spaces in it count as indentation; those from an escape do not.
        plain: bool,
    },
    Hole(TreeRef<'t, 'e>),
}

impl<'t, 'e> Parser<'_, 't, 'e> {
    /// Reports a literal that a lint of Nix objects to.
    pub(super) fn lint(&mut self, found: Option<Discouraged>, span: Span) -> Parsed<()> {
        match found {
            None => Ok(()),
            Some(Discouraged { code, message, is_fatal: false }) => {
                self.warnings.push(Diagnostic::warning(code, message).at(span, ""));
                Ok(())
            }
            Some(Discouraged { code, message, is_fatal: true }) => Err(self.refuse_literal(code, span, message)),
        }
    }

    pub(super) fn number(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        let token = self.advance();
        let span = self.span_of(token);
        let text = &self.file.text[token.start..token.end];
        let kind = if token.token == Token::Int {
            match text.parse() {
                Ok(value) => Kind::Int(value),
                Err(_) => return Err(self.refuse(span, format!("invalid integer '{text}'"))),
            }
        } else {
            match text.parse::<f64>() {
                Ok(value) if value.is_normal() || (value == 0.0 && is_zero(text)) => Kind::Float(value),
                _ => return Err(self.refuse(span, format!("invalid float '{text}'"))),
            }
        };
        Ok(self.tree(kind, span))
    }

    /// Parses `${…}` in a string or a path; `offset` is that of the dollar. Returns the expression and the offset
    /// after `}`.
    fn hole(&mut self, offset: usize) -> Parsed<(TreeRef<'t, 'e>, usize)> {
        self.resume(offset + 2);
        let tree = self.expr()?;
        if self.next.token != Token::Fixed(lexer::Fixed::BraceClose) {
            return Err(self.unexpected("'}'"));
        }
        Ok((tree, self.next.end))
    }

    /// `"…"`
    pub(super) fn string(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        let start = self.next.start;
        let mut at = self.next.end;
        let mut pieces = Vec::new();
        let mut bytes = Vec::new();
        // Where the current part begins.
        let mut from = at;
        loop {
            let length = self.text[at..].iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | b'$' | b'\r'));
            let length = length.count();
            bytes.extend_from_slice(&self.text[at..at + length]);
            at += length;
            match self.text[at..] {
                [b'"', ..] => break,
                [b'\\', escaped, ..] => {
                    bytes.push(unescaped(escaped));
                    at += 2;
                }
                // A carriage return, alone or before a newline, is a newline.
                [b'\r', ref rest @ ..] => {
                    bytes.push(b'\n');
                    at += 1 + usize::from(rest.first() == Some(&b'\n'));
                }
                [b'$', b'{', ..] => {
                    if !bytes.is_empty() {
                        self.refuse_null_bytes(&bytes, self.span(from, at))?;
                        pieces.push(Piece::Text(self.alloc_str(&bytes)));
                        bytes.clear();
                    }
                    let (hole, end) = self.hole(at)?;
                    pieces.push(Piece::Hole(hole));
                    at = end;
                    from = end;
                }
                // The second of two dollars does not start an interpolation.
                [b'$', b'$', ..] => {
                    bytes.extend_from_slice(b"$$");
                    at += 2;
                }
                [b'$', ..] => {
                    bytes.push(b'$');
                    at += 1;
                }
                _ => return Err(self.unterminated(start)),
            }
        }
        self.refuse_null_bytes(&bytes, self.span(from, at))?;
        self.resume(at + 1);
        let span = self.span(start, at + 1);
        if pieces.is_empty() {
            return Ok(self.tree(Kind::Str(self.alloc_str(&bytes)), span));
        }
        if !bytes.is_empty() {
            pieces.push(Piece::Text(self.alloc_str(&bytes)));
        }
        Ok(self.tree(Kind::Interpolated(self.bump.alloc_slice_copy(&pieces)), span))
    }

    fn refuse_null_bytes(&self, bytes: &[u8], span: Span) -> Parsed<()> {
        // A message is one line.
        null_bytes(bytes).map_or(Ok(()), |message| Err(self.refuse(span, message.replace('\n', "\\n"))))
    }

    #[cold]
    fn unterminated(&mut self, start: usize) -> Box<Refusal> {
        let span = self.span(start, start + 1);
        self.refuse(span, "syntax error, unexpected end of file, expecting the end of this string")
    }

    /// `''…''`
    pub(super) fn indented(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        let start = self.next.start;
        let mut at = self.next.end;
        let mut parts = Vec::new();
        let mut bytes = Vec::new();
        let flush = |bytes: &mut Vec<u8>, parts: &mut Vec<Part<'t, 'e>>| {
            if !bytes.is_empty() {
                parts.push(Part::Text { bytes: std::mem::take(bytes), plain: true });
            }
        };
        loop {
            let length = self.text[at..].iter().take_while(|byte| !matches!(byte, b'\'' | b'$')).count();
            bytes.extend_from_slice(&self.text[at..at + length]);
            at += length;
            let (escape, length): (&[u8], usize) = match self.text[at..] {
                [b'\'', b'\'', b'$', ..] => (b"$", 3),
                [b'\'', b'\'', b'\'', ..] => (b"''", 3),
                [b'\'', b'\'', b'\\', escaped, ..] => (&[unescaped(escaped)], 4),
                [b'\'', b'\'', ..] => break,
                // The character before an interpolation or a quote stands for itself, but ends the indentation.
                [b'\'', b'$', ..] => (b"'", 1),
                [b'\'', other, ..] => {
                    bytes.extend_from_slice(&[b'\'', other]);
                    at += 2;
                    continue;
                }
                [b'$', b'{', ..] => {
                    flush(&mut bytes, &mut parts);
                    let (hole, end) = self.hole(at)?;
                    parts.push(Part::Hole(hole));
                    at = end;
                    continue;
                }
                [b'$', b'\'', ..] => (b"$", 1),
                [b'$', other, ..] => {
                    bytes.extend_from_slice(&[b'$', other]);
                    at += 2;
                    continue;
                }
                _ => return Err(self.unterminated(start)),
            };
            flush(&mut bytes, &mut parts);
            parts.push(Part::Text { bytes: escape.to_vec(), plain: false });
            at += length;
        }
        flush(&mut bytes, &mut parts);
        self.resume(at + 2);
        let span = self.span(start, at + 2);
        for part in &parts {
            if let Part::Text { bytes, .. } = part {
                self.refuse_null_bytes(bytes, self.span(start + 2, at))?;
            }
        }
        let pieces = self.strip(parts);
        let kind = match pieces[..] {
            [] => Kind::Str(self.alloc_str(b"")),
            [Piece::Text(text)] => Kind::Str(text),
            _ => Kind::Interpolated(self.bump.alloc_slice_copy(&pieces)),
        };
        Ok(self.tree(kind, span))
    }

    /// Removes the smallest indentation of all lines that are not blank.
    fn strip(&self, parts: Vec<Part<'t, 'e>>) -> Vec<Piece<'t, 'e>> {
        let indentation = smallest_indentation(&parts);
        let mut pieces = Vec::with_capacity(parts.len());
        let mut at_start = true;
        let mut dropped = 0;
        let last = parts.len().saturating_sub(1);
        for (index, part) in parts.into_iter().enumerate() {
            let bytes = match part {
                Part::Hole(hole) => {
                    at_start = false;
                    dropped = 0;
                    pieces.push(Piece::Hole(hole));
                    continue;
                }
                Part::Text { bytes, .. } => bytes,
            };
            let mut kept = Vec::with_capacity(bytes.len());
            for byte in bytes {
                match byte {
                    b' ' if at_start => {
                        if dropped >= indentation {
                            kept.push(byte);
                        }
                        dropped += 1;
                    }
                    _ => {
                        dropped = 0;
                        at_start = byte == b'\n';
                        kept.push(byte);
                    }
                }
            }
            // Drop the last line if it only holds the indentation of the closing quotes.
            if index == last
                && let Some(newline) = kept.iter().rposition(|&byte| byte == b'\n')
                && kept[newline + 1..].iter().all(|&byte| byte == b' ')
            {
                kept.truncate(newline + 1);
            }
            if !kept.is_empty() {
                pieces.push(Piece::Text(self.alloc_str(&kept)));
            }
        }
        pieces
    }

    /// Parses a path, with or without interpolations.
    pub(super) fn path(&mut self) -> Parsed<TreeRef<'t, 'e>> {
        let token = self.next;
        let file = self.file;
        let text = &file.text[token.start..token.end];
        self.lint(self.lints.path(text), self.span_of(token))?;
        let absolute = match text.strip_prefix("~/") {
            Some(below) => match self.home {
                Some(home) => home.join(below),
                None => {
                    let message = format!("the path '{text}' can not be resolved in pure mode");
                    return Err(self.refuse(self.span_of(token), message));
                }
            },
            None => self.directory.join(text),
        };
        let mut start = clean(&absolute);
        let mut at = token.end;
        if self.text[at..].starts_with(b"${") {
            if text.ends_with('/') && text.len() > 1 {
                start.push('/');
            }
            return self.interpolated_path(token.start, start, at);
        }
        let rest = lexer::path_rest(self.text, at);
        at += rest;
        if text.ends_with('/') || rest > 0 {
            if rest > 0 && self.text[at..].starts_with(b"${") {
                start.push_str(if text.ends_with('/') { "/" } else { "" });
                start.push_str(&self.file.text[token.end..at]);
                return self.interpolated_path(token.start, start, at);
            }
            // Nix's lexer reads the rest as one piece and looks for a slash at its end, unless the piece contains
            // `//`.
            let piece = &self.text[token.end..at];
            let is_whole = piece.ends_with(b"/") && !piece.windows(2).any(|two| two == b"//");
            let message = if rest == 0 || is_whole {
                "path has a trailing slash"
            } else {
                "syntax error, unexpected end of path"
            };
            return Err(self.refuse(self.span(token.start, at), message));
        }
        self.advance();
        let path = self.alloc_str(start.as_bytes());
        Ok(self.tree(Kind::Path(path), self.span_of(token)))
    }

    fn interpolated_path(&mut self, start: usize, first: String, mut at: usize) -> Parsed<TreeRef<'t, 'e>> {
        let mut pieces = vec![Piece::Text(self.alloc_str(first.as_bytes()))];
        loop {
            if self.text[at..].starts_with(b"${") {
                let (hole, end) = self.hole(at)?;
                pieces.push(Piece::Hole(hole));
                at = end;
                continue;
            }
            let length = lexer::path_rest(self.text, at);
            if length == 0 {
                break;
            }
            pieces.push(Piece::Text(self.alloc_str(&self.text[at..at + length])));
            at += length;
            if self.text[at - 1] == b'/' && !self.text[at..].starts_with(b"${") {
                return Err(self.refuse(self.span(start, at), "path has a trailing slash"));
            }
        }
        self.resume(at);
        let span = self.span(start, at);
        Ok(self.tree(Kind::InterpolatedPath(self.bump.alloc_slice_copy(&pieces)), span))
    }
}

/// Whether a float has no digit but zero before its exponent. Any other float that evaluates to zero is an underflow.
fn is_zero(text: &str) -> bool {
    text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E')).all(|byte| matches!(byte, b'0' | b'.'))
}

fn unescaped(escaped: u8) -> u8 {
    match escaped {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}

fn smallest_indentation(parts: &[Part<'_, '_>]) -> usize {
    let mut at_start = true;
    let mut smallest = usize::MAX;
    let mut current = 0;
    for part in parts {
        match part {
            Part::Text { bytes, plain: true } => {
                for &byte in bytes {
                    match byte {
                        b'\n' => {
                            at_start = true;
                            current = 0;
                        }
                        b' ' if at_start => current += 1,
                        _ if at_start => {
                            at_start = false;
                            smallest = smallest.min(current);
                        }
                        _ => {}
                    }
                }
            }
            // Interpolations and escapes end the indentation of their line.
            Part::Hole(_) | Part::Text { plain: false, .. } => {
                if at_start {
                    at_start = false;
                    smallest = smallest.min(current);
                }
            }
        }
    }
    smallest
}

/// Nix's message for a string that contains null bytes; `None` if it contains none.
pub(crate) fn null_bytes(bytes: &[u8]) -> Option<String> {
    let shown = || String::from_utf8_lossy(bytes).replace('\0', "␀");
    let why = "cannot be represented as Nix string because it contains null bytes";
    bytes.contains(&0).then(|| format!("input string '{}' {why}", shown()))
}

/// Removes `.` and `..` from a path without looking at the file system, as Nix's parser does.
fn clean(path: &Path) -> String {
    let mut names: Vec<&str> = Vec::new();
    let text = path.to_string_lossy();
    for name in text.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}
