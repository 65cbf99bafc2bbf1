//! Bracket expressions (`[…]`): sets of bytes.

use super::error::PatternError;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Set([u64; 4]);

impl Set {
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    pub(super) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    pub(super) fn union(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a |= b;
        }
    }

    fn insert_if(&mut self, holds: impl Fn(u8) -> bool) {
        (0..=u8::MAX).filter(|byte| holds(*byte)).for_each(|byte| self.insert(byte));
    }
}

/// The last item read: a byte may start a range.
enum Last {
    Nothing,
    Byte(u8),
    /// A class or a range, neither of which can start a range.
    Class,
    Range,
}

/// Parses a set; `at` starts after the opening bracket and ends after the closing one.
pub(super) fn parse(pattern: &[u8], at: &mut usize) -> Result<Set, PatternError> {
    let mut set = Set::default();
    let negated = pattern.get(*at) == Some(&b'^');
    *at += usize::from(negated);
    let start = *at;
    let mut last = Last::Nothing;
    loop {
        let first = *at == start;
        let byte = *pattern.get(*at).ok_or(PatternError::Invalid)?;
        *at += 1;
        match byte {
            b']' if !first => break,
            b'-' if !first => {
                let next = *pattern.get(*at).ok_or(PatternError::Invalid)?;
                match (&last, next) {
                    // A dash at the end stands for itself.
                    (_, b']') => {
                        flush(&mut set, &last);
                        last = Last::Byte(b'-');
                    }
                    (Last::Byte(from), _) => {
                        let to = range_end(pattern, at)?;
                        // libstdc++ compares signed chars.
                        let (from, to) = (from.cast_signed(), to.cast_signed());
                        if from > to {
                            return Err(PatternError::Invalid);
                        }
                        set.insert_if(|byte| (from..=to).contains(&byte.cast_signed()));
                        last = Last::Range;
                    }
                    (Last::Nothing | Last::Class | Last::Range, _) => return Err(PatternError::Invalid),
                }
            }
            b'[' if matches!(pattern.get(*at), Some(b'.' | b':' | b'=')) => {
                let kind = pattern[*at];
                let name = named(pattern, at)?;
                flush(&mut set, &last);
                last = Last::Class;
                match kind {
                    b':' => insert_class(&mut set, name)?,
                    b'.' => last = Last::Byte(collating(name)?),
                    _ => {
                        let same = collating(name)?.to_ascii_lowercase();
                        set.insert_if(|byte| byte.to_ascii_lowercase() == same);
                    }
                }
            }
            byte => {
                flush(&mut set, &last);
                last = Last::Byte(byte);
            }
        }
    }
    flush(&mut set, &last);
    if negated {
        set = Set(set.0.map(|bits| !bits));
    }
    Ok(set)
}

fn flush(set: &mut Set, last: &Last) {
    if let Last::Byte(byte) = last {
        set.insert(*byte);
    }
}

/// The byte at the end of a range.
fn range_end(pattern: &[u8], at: &mut usize) -> Result<u8, PatternError> {
    let byte = *pattern.get(*at).ok_or(PatternError::Invalid)?;
    if byte == b'[' && matches!(pattern.get(*at + 1), Some(b'.' | b':' | b'=')) {
        return Err(PatternError::Invalid);
    }
    *at += 1;
    Ok(byte)
}

/// The name in `[:name:]`, `[.name.]` or `[=name=]`; `at` is at its first byte.
fn named<'a>(pattern: &'a [u8], at: &mut usize) -> Result<&'a [u8], PatternError> {
    let kind = pattern[*at];
    let start = *at + 1;
    let length = pattern[start..].iter().position(|byte| *byte == kind).ok_or(PatternError::Invalid)?;
    if pattern.get(start + length + 1) != Some(&b']') {
        return Err(PatternError::Invalid);
    }
    *at = start + length + 2;
    Ok(&pattern[start..start + length])
}

fn insert_class(set: &mut Set, name: &[u8]) -> Result<(), PatternError> {
    let holds: fn(u8) -> bool = match name.to_ascii_lowercase().as_slice() {
        b"alpha" => |byte| byte.is_ascii_alphabetic(),
        b"digit" | b"d" => |byte| byte.is_ascii_digit(),
        b"alnum" => |byte| byte.is_ascii_alphanumeric(),
        b"w" => |byte| byte.is_ascii_alphanumeric() || byte == b'_',
        b"upper" => |byte| byte.is_ascii_uppercase(),
        b"lower" => |byte| byte.is_ascii_lowercase(),
        b"space" | b"s" => |byte| matches!(byte, b' ' | b'\t'..=b'\r'),
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"punct" => |byte| byte.is_ascii_punctuation(),
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"graph" => |byte| byte.is_ascii_graphic(),
        b"cntrl" => |byte| byte.is_ascii_control(),
        b"xdigit" => |byte| byte.is_ascii_hexdigit(),
        _ => return Err(PatternError::Invalid),
    };
    set.insert_if(holds);
    Ok(())
}

/// The byte with this POSIX name.
fn collating(name: &[u8]) -> Result<u8, PatternError> {
    #[rustfmt::skip]
    const NAMES: [&str; 128] = [
        "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "alert", "backspace", "tab", "newline", "vertical-tab",
        "form-feed", "carriage-return", "SO", "SI", "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM",
        "SUB", "ESC", "IS4", "IS3", "IS2", "IS1", "space", "exclamation-mark", "quotation-mark", "number-sign",
        "dollar-sign", "percent-sign", "ampersand", "apostrophe", "left-parenthesis", "right-parenthesis", "asterisk",
        "plus-sign", "comma", "hyphen", "period", "slash", "zero", "one", "two", "three", "four", "five", "six",
        "seven", "eight", "nine", "colon", "semicolon", "less-than-sign", "equals-sign", "greater-than-sign",
        "question-mark", "commercial-at", "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P",
        "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "left-square-bracket", "backslash", "right-square-bracket",
        "circumflex", "underscore", "grave-accent", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n",
        "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z", "left-curly-bracket", "vertical-line",
        "right-curly-bracket", "tilde", "DEL",
    ];
    let code = NAMES.iter().position(|known| known.as_bytes() == name).ok_or(PatternError::Invalid)?;
    Ok(u8::try_from(code).expect("there are 128"))
}
