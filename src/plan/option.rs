//! Writes option paths as Nix attribute paths.

use std::fmt::Write;

/// Words that Nix does not read as a name (`src/libexpr/lexer.l`). `or` is not among them: it is a valid name.
const KEYWORDS: [&str; 9] = ["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"];

/// One name of a path, quoted if Nix needs that.
pub(super) fn attribute(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '\'' | '-'))
        && !KEYWORDS.contains(&name);
    if plain { name.to_owned() } else { string(name) }
}

/// A Nix string literal, which reads back as the same string.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '$' if chars.peek() == Some(&'{') => quoted.push_str("\\$"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The names joined into an attribute path.
pub(super) fn path(names: &[String]) -> String {
    let mut path = String::new();
    for name in names {
        let dot = if path.is_empty() { "" } else { "." };
        write!(path, "{dot}{}", attribute(name)).expect("writing to a string does not fail");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_where_nix_quotes_them() {
        let table: [(&[&str], &str); 6] = [
            (&["bindMounts", "/var/log/httpd", "isReadOnly"], r#"bindMounts."/var/log/httpd".isReadOnly"#),
            (&["forwardPorts", "tcp:8080", "containerPort"], r#"forwardPorts."tcp:8080".containerPort"#),
            (&["containers", "web-1"], "containers.web-1"),
            (&["containers", "9lives"], r#"containers."9lives""#),
            (&["a", "in"], r#"a."in""#),
            (&["a", "\"${x}$\\"], r#"a."\"\${x}$\\""#),
        ];
        for (names, shown) in table {
            assert_eq!(path(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()), shown);
        }
    }
}
