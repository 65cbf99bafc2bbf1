//! Cuts a text into tokens as Nix's own lexer does: the longest match wins.
//!
//! The lexer has no mode: the parser knows whether it is in a string, in a path or in plain code, and asks for the
//! next piece of that kind. Columns count bytes, as in Nix.

use std::cell::Cell;

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Ident,
    Int,
    Float,
    Uri,
    SearchPath,
    /// A path up to its first interpolation; `~/…` too.
    Path,
    Quote,
    Indented,
    DollarCurly,
    /// A keyword, an operator or a bracket.
    Fixed(Fixed),
    End,
    /// A byte that starts no token, or an unterminated comment.
    Wrong,
}

macro_rules! fixed {
    ($($name:ident $text:literal),* $(,)?) => {
        /// Tokens that always have the same text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Fixed { $($name),* }

        impl Fixed {
            /// The token's text.
            pub(super) fn text(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }
        }
    };
}

fixed! {
    If "if", Then "then", Else "else", Assert "assert", With "with", Let "let", In "in", Rec "rec", Inherit "inherit",
    Or "or", Ellipsis "...", Equal "==", NotEqual "!=", LessEqual "<=", MoreEqual ">=", And "&&", OrOr "||",
    Implies "->", Update "//", Concat "++", PipeRight "|>", PipeLeft "<|", Less "<", More ">", Plus "+", Minus "-",
    Times "*", Slash "/", Not "!", Question "?", Colon ":", Semicolon ";", Comma ",", Dot ".", At "@", Assign "=",
    BraceOpen "{", BraceClose "}", BracketOpen "[", BracketClose "]", ParenOpen "(", ParenClose ")",
}

impl Token {
    /// The token as Nix names it in a message.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Ident => String::from("identifier"),
            Self::Int => String::from("integer"),
            Self::Float => String::from("floating-point literal"),
            Self::Uri => String::from("URI"),
            Self::SearchPath => String::from("search path"),
            Self::Path => String::from("path"),
            Self::Quote => String::from("'\"'"),
            Self::Indented => String::from("start of an indented string"),
            Self::DollarCurly => String::from("'${'"),
            Self::Fixed(fixed) => format!("'{}'", fixed.text()),
            Self::End => String::from("end of file"),
            Self::Wrong => String::from("invalid token"),
        }
    }
}

/// A token and its range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) start: usize,
    pub(super) end: usize,
}

fn is_path_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'+')
}

fn is_uri_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"%/?:@&=+$,-_.!~*'".contains(&byte)
}

fn is_ident_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'-')
}

/// How many bytes from `at` on satisfy `holds`.
fn run(text: &[u8], at: usize, holds: impl Fn(u8) -> bool) -> usize {
    text[at..].iter().take_while(|byte| holds(**byte)).count()
}

/// A text to be cut into tokens.
pub(super) struct Lexer<'a> {
    text: &'a [u8],
    /// The last run of path characters without a slash: no path begins in it. Without this, `1+1+1+…` would be scanned
    /// to its end at every token.
    no_path: Cell<Run>,
    /// Likewise for URLs.
    no_uri: Cell<Run>,
}

#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    end: usize,
}

impl Run {
    fn contains(self, at: usize) -> bool {
        (self.start..self.end).contains(&at)
    }
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self { text, no_path: Cell::default(), no_uri: Cell::default() }
    }

    /// The next token of plain code at or after `at`, skipping spaces and comments.
    pub(super) fn token(&self, at: usize) -> Lexeme {
        token(self, at)
    }
}

fn token(lexer: &Lexer<'_>, at: usize) -> Lexeme {
    let text = lexer.text;
    let (start, closed) = skip_trivia(text, at);
    if !closed {
        return Lexeme { token: Token::Wrong, start, end: text.len() };
    }
    let Some(&first) = text.get(start) else {
        return Lexeme { token: Token::End, start, end: start };
    };
    let (token, length) = match first {
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => word(lexer, start),
        _ => match path(lexer, start).or_else(|| number(text, start)) {
            Some(found) => found,
            None => symbol(text, start),
        },
    };
    Lexeme { token, start, end: start + length }
}

/// Where the next token begins, and whether every comment before it is terminated.
fn skip_trivia(text: &[u8], mut at: usize) -> (usize, bool) {
    loop {
        match text.get(at) {
            Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
            Some(b'#') => at += run(text, at, |byte| !matches!(byte, b'\r' | b'\n')),
            Some(b'/') if text.get(at + 1) == Some(&b'*') => {
                match text[at + 2..].windows(2).position(|pair| pair == b"*/") {
                    Some(length) => at += length + 4,
                    None => return (at, false),
                }
            }
            _ => return (at, true),
        }
    }
}

/// A path, if a `/` follows the path characters at `start`.
fn path(lexer: &Lexer<'_>, start: usize) -> Option<(Token, usize)> {
    let text = lexer.text;
    if lexer.no_path.get().contains(start) {
        return None;
    }
    let mut at = start;
    if text[start] == b'~' {
        at += 1;
    } else {
        at += run(text, start, is_path_char);
    }
    if text.get(at) != Some(&b'/') {
        lexer.no_path.set(Run { start, end: at });
        return None;
    }
    if text[at + 1..].starts_with(b"${") {
        return Some((Token::Path, at + 1 - start));
    }
    if !text.get(at + 1).is_some_and(|byte| is_path_char(*byte)) {
        lexer.no_path.set(Run { start, end: at });
        return None;
    }
    while text.get(at) == Some(&b'/') && text.get(at + 1).is_some_and(|byte| is_path_char(*byte)) {
        at += 1;
        at += run(text, at, is_path_char);
    }
    // A trailing slash belongs to the token; the parser reports it if nothing follows.
    at += usize::from(text.get(at) == Some(&b'/'));
    Some((Token::Path, at - start))
}

/// The rest of a path after its beginning or an interpolation.
pub(super) fn path_rest(text: &[u8], at: usize) -> usize {
    run(text, at, |byte| is_path_char(byte) || byte == b'/')
}

/// A token that begins with a letter: a path, a URL, a keyword or a name.
fn word(lexer: &Lexer<'_>, start: usize) -> (Token, usize) {
    let text = lexer.text;
    let name = run(text, start, is_ident_char);
    let follows = text.get(start + name).copied();
    // Only these characters can continue a name into something longer.
    if matches!(follows, Some(b'/' | b'.' | b'+' | b':')) {
        if let Some(path) = path(lexer, start) {
            return path;
        }
        if !lexer.no_uri.get().contains(start) && text[start].is_ascii_alphabetic() {
            let scheme =
                run(text, start, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
            if text.get(start + scheme) == Some(&b':') {
                let rest = run(text, start + scheme + 1, is_uri_char);
                if rest > 0 {
                    return (Token::Uri, scheme + 1 + rest);
                }
            }
            lexer.no_uri.set(Run { start, end: start + scheme });
        }
    }
    let fixed = match &text[start..start + name] {
        b"if" => Fixed::If,
        b"then" => Fixed::Then,
        b"else" => Fixed::Else,
        b"assert" => Fixed::Assert,
        b"with" => Fixed::With,
        b"let" => Fixed::Let,
        b"in" => Fixed::In,
        b"rec" => Fixed::Rec,
        b"inherit" => Fixed::Inherit,
        b"or" => Fixed::Or,
        _ => return (Token::Ident, name),
    };
    (Token::Fixed(fixed), name)
}

/// A number. A float needs its dot: `1e7` is the integer 1 followed by a name.
fn number(text: &[u8], start: usize) -> Option<(Token, usize)> {
    let digits = |at: usize| run(text, at, |byte| byte.is_ascii_digit());
    let whole = digits(start);
    if whole == 0 && text[start] != b'.' {
        return None;
    }
    let fraction = if text.get(start + whole) == Some(&b'.') { digits(start + whole + 1) } else { 0 };
    let is_float = text.get(start + whole) == Some(&b'.')
        && match (whole, text[start]) {
            (0, _) => fraction > 0,
            (1, b'0') => fraction > 0,
            (_, b'0') => false,
            _ => true,
        };
    if !is_float {
        return (whole > 0).then_some((Token::Int, whole));
    }
    let mut length = whole + 1 + fraction;
    if matches!(text.get(start + length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(start + length + 1), Some(b'+' | b'-')));
        let exponent = digits(start + length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    Some((Token::Float, length))
}

fn search_path(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        let name = run(text, at, is_path_char);
        if name == 0 {
            return None;
        }
        at += name;
        match text.get(at) {
            Some(b'/') => at += 1,
            Some(b'>') => return Some(at + 1 - start),
            _ => return None,
        }
    }
}

fn symbol(text: &[u8], start: usize) -> (Token, usize) {
    let rest = &text[start..];
    let (fixed, length) = match rest {
        [b'.', b'.', b'.', ..] => (Fixed::Ellipsis, 3),
        [b'=', b'=', ..] => (Fixed::Equal, 2),
        [b'!', b'=', ..] => (Fixed::NotEqual, 2),
        [b'<', b'=', ..] => (Fixed::LessEqual, 2),
        [b'<', b'|', ..] => (Fixed::PipeLeft, 2),
        [b'>', b'=', ..] => (Fixed::MoreEqual, 2),
        [b'&', b'&', ..] => (Fixed::And, 2),
        [b'|', b'|', ..] => (Fixed::OrOr, 2),
        [b'|', b'>', ..] => (Fixed::PipeRight, 2),
        [b'-', b'>', ..] => (Fixed::Implies, 2),
        [b'/', b'/', ..] => (Fixed::Update, 2),
        [b'+', b'+', ..] => (Fixed::Concat, 2),
        [b'<', ..] => match search_path(text, start) {
            Some(length) => return (Token::SearchPath, length),
            None => (Fixed::Less, 1),
        },
        [b'\'', b'\'', ..] => {
            // Drop the first line if it is blank.
            let spaces = run(text, start + 2, |byte| byte == b' ');
            let newline = text.get(start + 2 + spaces) == Some(&b'\n');
            return (Token::Indented, if newline { 3 + spaces } else { 2 });
        }
        [b'$', b'{', ..] => return (Token::DollarCurly, 2),
        [b'"', ..] => return (Token::Quote, 1),
        [b'>', ..] => (Fixed::More, 1),
        [b'+', ..] => (Fixed::Plus, 1),
        [b'-', ..] => (Fixed::Minus, 1),
        [b'*', ..] => (Fixed::Times, 1),
        [b'/', ..] => (Fixed::Slash, 1),
        [b'!', ..] => (Fixed::Not, 1),
        [b'?', ..] => (Fixed::Question, 1),
        [b':', ..] => (Fixed::Colon, 1),
        [b';', ..] => (Fixed::Semicolon, 1),
        [b',', ..] => (Fixed::Comma, 1),
        [b'.', ..] => (Fixed::Dot, 1),
        [b'@', ..] => (Fixed::At, 1),
        [b'=', ..] => (Fixed::Assign, 1),
        [b'{', ..] => (Fixed::BraceOpen, 1),
        [b'}', ..] => (Fixed::BraceClose, 1),
        [b'[', ..] => (Fixed::BracketOpen, 1),
        [b']', ..] => (Fixed::BracketClose, 1),
        [b'(', ..] => (Fixed::ParenOpen, 1),
        [b')', ..] => (Fixed::ParenClose, 1),
        _ => return (Token::Wrong, 1),
    };
    (Token::Fixed(fixed), length)
}
