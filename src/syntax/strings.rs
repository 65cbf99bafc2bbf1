//! The text of string literals: escapes and the indentation of `''…''`.
//!
//! Source: `unescapeStr` and `stripIndentation` of Nix's parser.

/// A part of a string as written: text, or something in between.
pub(super) enum Piece<T> {
    /// Text, escapes still in it.
    Raw(String),
    /// An interpolation.
    Hole(T),
}

/// A part of a string as meant.
pub(super) enum Meant<T> {
    /// Text.
    Text(Vec<u8>),
    /// An interpolation.
    Hole(T),
}

/// `"…"`: backslash escapes; a carriage return (alone or before a newline) counts as a newline.
pub(super) fn plain<T>(pieces: Vec<Piece<T>>) -> Vec<Meant<T>> {
    pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Raw(text) => Meant::Text(unescape(&text)),
            Piece::Hole(hole) => Meant::Hole(hole),
        })
        .collect()
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b't') => out.push(b'\t'),
                Some(other) => out.push(other),
                None => {}
            },
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                out.push(b'\n');
            }
            other => out.push(other),
        }
    }
    out
}

/// A piece of an indented string after its escapes were read: escaped text is never indentation.
enum Token<T> {
    Text(Vec<u8>, /* from an escape */ bool),
    Hole(T),
}

/// `''…''`: the smallest indentation of its lines is taken off, blank lines aside.
pub(super) fn indented<T>(pieces: Vec<Piece<T>>) -> Vec<Meant<T>> {
    let tokens = tokens(pieces);
    let indentation = smallest_indentation(&tokens);
    let mut out = Vec::new();
    let mut at_start = true;
    let mut dropped = 0;
    let count = tokens.len();
    for (index, token) in tokens.into_iter().enumerate() {
        match token {
            Token::Hole(hole) => {
                at_start = false;
                dropped = 0;
                out.push(Meant::Hole(hole));
            }
            Token::Text(text, true) => {
                at_start = false;
                dropped = 0;
                out.push(Meant::Text(text));
            }
            Token::Text(text, false) => {
                let mut kept = Vec::with_capacity(text.len());
                for byte in text {
                    if at_start {
                        match byte {
                            b' ' => {
                                if dropped >= indentation {
                                    kept.push(byte);
                                }
                                dropped += 1;
                            }
                            b'\n' => {
                                dropped = 0;
                                kept.push(byte);
                            }
                            _ => {
                                at_start = false;
                                dropped = 0;
                                kept.push(byte);
                            }
                        }
                    } else {
                        kept.push(byte);
                        if byte == b'\n' {
                            at_start = true;
                        }
                    }
                }
                // The last line goes if it holds nothing but the closing quotes' indentation.
                if index + 1 == count
                    && let Some(newline) = kept.iter().rposition(|&byte| byte == b'\n')
                    && kept[newline + 1..].iter().all(|&byte| byte == b' ')
                {
                    kept.truncate(newline + 1);
                }
                out.push(Meant::Text(kept));
            }
        }
    }
    out
}

fn smallest_indentation<T>(tokens: &[Token<T>]) -> usize {
    let mut at_start = true;
    let mut smallest = usize::MAX;
    let mut current = 0;
    for token in tokens {
        match token {
            Token::Hole(_) | Token::Text(_, true) => {
                if at_start {
                    at_start = false;
                    smallest = smallest.min(current);
                }
            }
            Token::Text(text, false) => {
                for &byte in text {
                    if at_start {
                        match byte {
                            b' ' => current += 1,
                            b'\n' => current = 0,
                            _ => {
                                at_start = false;
                                smallest = smallest.min(current);
                            }
                        }
                    } else if byte == b'\n' {
                        at_start = true;
                        current = 0;
                    }
                }
            }
        }
    }
    smallest
}

/// Reads the escapes `''$`, `'''`, `''\x` and `$$`; takes off the first line if it is blank.
fn tokens<T>(pieces: Vec<Piece<T>>) -> Vec<Token<T>> {
    let mut out = Vec::new();
    for (index, piece) in pieces.into_iter().enumerate() {
        let text = match piece {
            Piece::Hole(hole) => {
                out.push(Token::Hole(hole));
                continue;
            }
            Piece::Raw(text) => text,
        };
        let mut rest = text.as_str();
        if index == 0
            && let Some(newline) = rest.find('\n')
            && rest[..newline].bytes().all(|byte| byte == b' ')
        {
            rest = &rest[newline + 1..];
        }
        let mut plain = Vec::new();
        let flush = |plain: &mut Vec<u8>, out: &mut Vec<Token<T>>| {
            if !plain.is_empty() {
                out.push(Token::Text(std::mem::take(plain), false));
            }
        };
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("''") {
                let mut chars = after.chars();
                let (escaped, length) = match chars.next() {
                    Some('$') => (vec![b'$'], 1),
                    Some('\'') => (b"''".to_vec(), 1),
                    Some('\\') => match chars.next() {
                        Some('n') => (vec![b'\n'], 2),
                        Some('r') => (vec![b'\r'], 2),
                        Some('t') => (vec![b'\t'], 2),
                        Some(other) => (other.to_string().into_bytes(), 1 + other.len_utf8()),
                        None => (Vec::new(), 1),
                    },
                    _ => (b"''".to_vec(), 0),
                };
                flush(&mut plain, &mut out);
                out.push(Token::Text(escaped, true));
                rest = &after[length..];
            } else if let Some(after) = rest.strip_prefix("\r\n") {
                plain.push(b'\n');
                rest = after;
            } else {
                let length = rest.chars().next().map_or(0, char::len_utf8);
                plain.extend_from_slice(&rest.as_bytes()[..length]);
                rest = &rest[length..];
            }
        }
        flush(&mut plain, &mut out);
    }
    out
}
