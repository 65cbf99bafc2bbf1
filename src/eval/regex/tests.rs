//! Patterns, and what libstdc++ makes of them.

use super::{PatternError, Regex};

fn whole(pattern: &str, text: &str) -> String {
    let regex = match Regex::new(pattern.as_bytes()) {
        Ok(regex) => regex,
        Err(PatternError::Invalid) => return String::from("invalid"),
        Err(PatternError::TooLarge) => return String::from("too large"),
    };
    let Some(groups) = regex.match_whole(text.as_bytes()) else { return String::from("no") };
    let shown = |span: &super::Span| span.map_or(String::from("-"), |(start, end)| text[start..end].to_owned());
    groups.iter().skip(1).map(shown).collect::<Vec<_>>().join(",")
}

#[test]
fn groups_are_those_of_libstdcpp() {
    #[rustfmt::skip]
    let table = [
        ("(a|ab)(c|bcd)(d*)", "abcd", "a,bcd,"),
        ("((a)|b)*", "ab", "b,a"),
        ("(a?)*", "aa", ""),
        ("(a+?)(a*)", "aaa", "aaa,"),
        ("[a\\-z]", "\\", ""),
        ("(x)?y", "y", "-"),
        ("\\d", "1", "invalid"),
        ("a{2,1}", "a", "invalid"),
        ("*a", "a", "invalid"),
        ("(a", "a", "invalid"),
        ("a)", "a", "invalid"),
        ("[[:alpha:]_]+", "aB_", ""),
        ("[[:nope:]]", "a", "invalid"),
        ("a{0,200000}", "a", "too large"),
        ("", "", ""),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(whole(pattern, text), expected, "{pattern:?} on {text:?}");
    }
}

#[test]
fn nothing_takes_exponential_time() {
    let many = "a".repeat(2_000);
    for pattern in ["(a*)*b", "(a|aa)*b", "(a|a)*b", "((a?)*)*b", "(a*)(a*)(a*)(a*)b"] {
        assert_eq!(whole(pattern, &many), "no", "{pattern}");
    }
}
