//! Escapes characters that a terminal or a browser would interpret instead of showing.
//!
//! Messages and values quote text from the configuration, which its author controls. Dangerous are control characters
//! and those that change the direction of writing.

use std::borrow::Cow;

/// Whether a terminal or a browser would interpret this character.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text with every character escaped that a terminal or a browser would interpret.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if acts(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The text with `?` for each byte of such characters: spans still fit.
pub(super) fn marked(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut chars = text.chars().peekable();
    let mut shown: Option<String> = None;
    let mut at = 0;
    while let Some(c) = chars.next() {
        let ends_line = c == '\n' || (c == '\r' && chars.peek() == Some(&'\n'));
        if acts(c) && c != '\t' && !ends_line {
            let shown = shown.get_or_insert_with(|| text[..at].to_owned());
            shown.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else if let Some(shown) = &mut shown {
            shown.push(c);
        }
        at += c.len_utf8();
    }
    shown.map_or(text, Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_acted_on_is_spelled_out_or_marked() {
        assert_eq!(visible("a\u{1b}[31m\u{202e}\tü"), "a\\u{1b}[31m\\u{202e}\\u{9}ü");
        let text = "a\u{1b}[31m\tü\r\n\u{9b}b\rc\u{202e}";
        let shown = marked(Cow::Borrowed(text));
        assert_eq!(shown, "a?[31m\tü\r\n??b?c???");
        assert_eq!(shown.len(), text.len());
        assert!(matches!(marked(Cow::Borrowed("plain ü\n")), Cow::Borrowed(_)));
    }
}
