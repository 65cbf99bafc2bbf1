//! Keeps secrets out of what is printed (contract §6, *Secrets*): which names stand for secrets, and how to blot their
//! values out of source lines.
//!
//! A string is secret if the last part of its name says so, whatever the string holds. Paths are not secret: a
//! diagnostic may name the file that holds a secret.

use std::borrow::Cow;

/// A name that contains one of these, in any case, stands for a secret.
const SECRET_PARTS: [&str; 6] = ["password", "passphrase", "secret", "token", "apikey", "privatekey"];
/// Names with these endings say where the secret is, not what it is.
const LOCATION_ENDINGS: [&str; 2] = ["File", "Path"];

/// Whether an option of this name holds a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    SECRET_PARTS.iter().any(|part| lower.contains(part))
        && !LOCATION_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Blots the strings that are bound to the names of secrets out of a Nix text. Every byte keeps its offset, so spans
/// still fit; the text may contain syntax errors.
pub(super) fn blotted(text: &str) -> Cow<'_, str> {
    let mut scan = Scan { text: text.as_bytes(), at: 0, name: None, open: Vec::new(), blots: Vec::new() };
    scan.run();
    if scan.blots.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut shown = text.as_bytes().to_vec();
    for blot in scan.blots {
        for byte in shown[blot].iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b'*';
        }
    }
    // A blot covers whole strings, and therefore whole characters.
    Cow::Owned(String::from_utf8(shown).expect("only whole characters were replaced"))
}

/// A construct that is still open at the current byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// `name =`, up to its semicolon; true if the name is that of a secret.
    Binding(bool),
    /// `with`, `assert` or `inherit`, which end with a semicolon too.
    Keyword,
    /// A brace, bracket or parenthesis.
    Bracket,
    /// `${` in a string of this kind.
    Interpolation(Quote),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    Double,
    Indented,
}

impl Quote {
    fn mark(self) -> &'static [u8] {
        match self {
            Self::Double => b"\"",
            Self::Indented => b"''",
        }
    }
}

/// A scan over the tokens of a text that tracks what each string is bound to.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// The last name, if it is the last token so far.
    name: Option<std::ops::Range<usize>>,
    /// The open constructs, each with whether what it contains is bound to a secret.
    open: Vec<(Open, bool)>,
    blots: Vec<std::ops::Range<usize>>,
}

impl Scan<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            let rest = &self.text[self.at..];
            match byte {
                b'#' => self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len()),
                b'/' if rest.starts_with(b"/*") => {
                    let end = rest.windows(2).skip(2).position(|pair| pair == b"*/");
                    self.at += end.map_or(rest.len(), |end| end + 4);
                }
                b'"' => self.string(Quote::Double),
                b'\'' if rest.starts_with(b"''") => self.string(Quote::Indented),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(),
                b'=' => self.equals(),
                b'?' => {
                    // A default, `{ password ? "…" }:`, has no semicolon: the next string is its value.
                    let secret = self.is_secret_name();
                    self.at += 1;
                    self.skip_space();
                    if secret && self.text.get(self.at) == Some(&b'"') {
                        self.push(Open::Binding(true));
                        self.string(Quote::Double);
                        self.open.pop();
                    }
                    self.name = None;
                }
                b';' => {
                    if matches!(self.open.last(), Some((Open::Binding(_) | Open::Keyword, _))) {
                        self.open.pop();
                    }
                    self.step();
                }
                b'{' | b'[' | b'(' => {
                    self.push(Open::Bracket);
                    self.step();
                }
                b'}' | b']' | b')' => self.close(),
                byte if byte.is_ascii_whitespace() => self.at += 1,
                b'.' => self.at += 1,
                _ => self.step(),
            }
        }
    }

    fn step(&mut self) {
        self.name = None;
        self.at += 1;
    }

    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'-');
        while self.text.get(self.at).is_some_and(inside) {
            self.at += 1;
        }
        if matches!(&self.text[start..self.at], b"with" | b"assert" | b"inherit") {
            self.push(Open::Keyword);
        }
        self.name = Some(start..self.at);
    }

    fn is_secret_name(&self) -> bool {
        let name = self.name.clone().and_then(|name| std::str::from_utf8(&self.text[name]).ok());
        name.is_some_and(is_secret)
    }

    fn equals(&mut self) {
        let compares = self.text.get(self.at + 1) == Some(&b'=')
            || self.at.checked_sub(1).is_some_and(|before| matches!(self.text[before], b'=' | b'!' | b'<' | b'>'));
        if !compares {
            self.push(Open::Binding(self.is_secret_name()));
        }
        self.step();
    }

    /// Closes everything up to the bracket that matches this one; after an interpolation, its string continues.
    fn close(&mut self) {
        while let Some((open, _)) = self.open.pop() {
            match open {
                Open::Binding(_) | Open::Keyword => {}
                Open::Bracket => break,
                Open::Interpolation(quote) => {
                    self.at += 1;
                    return self.content(quote);
                }
            }
        }
        self.step();
    }

    fn string(&mut self, quote: Quote) {
        self.at += quote.mark().len();
        self.content(quote);
    }

    /// The rest of a string, up to its end or its next interpolation.
    fn content(&mut self, quote: Quote) {
        let start = self.at;
        let mut interpolates = false;
        while self.at < self.text.len() {
            let rest = &self.text[self.at..];
            match quote {
                Quote::Double if rest[0] == b'\\' => self.at += 2,
                Quote::Indented if rest.starts_with(b"'''") || rest.starts_with(b"''$") => self.at += 3,
                Quote::Indented if rest.starts_with(b"''\\") => self.at += 4,
                _ if rest.starts_with(quote.mark()) => break,
                _ if rest.starts_with(b"$${") => self.at += 3,
                _ if rest.starts_with(b"${") => {
                    interpolates = true;
                    break;
                }
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.text.len());
        let end = self.at;
        if self.is_bound_to_secret() {
            self.blots.push(start..end);
        }
        if interpolates {
            self.push(Open::Interpolation(quote));
            self.at += 2;
            self.name = None;
        } else {
            // This string may be an attribute name.
            self.name = Some(start..end);
            self.at = (self.at + quote.mark().len()).min(self.text.len());
        }
    }

    fn push(&mut self, open: Open) {
        let secret = match open {
            Open::Binding(secret) => secret,
            Open::Keyword | Open::Bracket | Open::Interpolation(_) => self.is_bound_to_secret(),
        };
        self.open.push((open, secret));
    }

    /// Whether the innermost binding is that of a secret.
    fn is_bound_to_secret(&self) -> bool {
        self.open.last().is_some_and(|(_, secret)| *secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_secret() {
        for name in
            ["password", "adminPassword", "apiKey", "APIKEY", "tokens", "privateKey", "secret_base", "passphrase"]
        {
            assert!(is_secret(name), "{name}");
        }
        for name in ["passwordFile", "tokenPath", "user", "privateKeyFile", "key", "path"] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn secrets_in_source_lines_are_blotted_out_and_nothing_else_is() {
        let table = [
            (r#"{ password = "ab"; user = "c"; }"#, r#"{ password = "**"; user = "c"; }"#),
            (r#"x.apiKey="a\"b"; y = "c""#, r#"x.apiKey="****"; y = "c""#),
            (r#""the-token" = lib.mkForce "ü";"#, r#""the-token" = lib.mkForce "**";"#),
            ("secret = ''\n  one\n  ''$x''; a = 1;", "secret = ''\n*****\n******''; a = 1;"),
            (r#"tokens = [ "a" "b" ]; x = "c";"#, r#"tokens = [ "*" "*" ]; x = "c";"#),
            (r#"secret = { path = "/x"; password = "y"; };"#, r#"secret = { path = "/x"; password = "*"; };"#),
            (
                r#"passwordFile = "/run/p"; token.enable = "no";"#,
                r#"passwordFile = "/run/p"; token.enable = "no";"#,
            ),
            (
                r#"secret = with x; assert a == "b"; "c"; d = "e";"#,
                r#"secret = with x; assert a == "*"; "*"; d = "e";"#,
            ),
            (r#"password = "a${f { x = "b"; } "c"}d";"#, r#"password = "*${f { x = "b"; } "*"}*";"#),
            (r#"{ password ? "a", b ? "c" }: 1"#, r#"{ password ? "*", b ? "c" }: 1"#),
            ("# password = \"a\"\npassword == \"b\"", "# password = \"a\"\npassword == \"b\""),
            (r#"password = "never closed"#, r#"password = "************"#),
            (r#"/* password = " */ x = "y""#, r#"/* password = " */ x = "y""#),
        ];
        for (text, shown) in table {
            assert_eq!(blotted(text), shown, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_stays_one_of_the_same_length(
            parts in proptest::collection::vec(
                proptest::sample::select(vec![
                    "password", "=", "?", "\"", "''", "${", "$", "}", "\\", "'", "ü", "a", "\n", " ", ";", "{", "(", "#", "/*", "with",
                ]),
                0..40,
            ),
        ) {
            let text = parts.concat();
            let shown = blotted(&text);
            proptest::prop_assert_eq!(shown.len(), text.len());
            proptest::prop_assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
        }
    }
}
