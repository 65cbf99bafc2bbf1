//! Patterns and how libstdc++ matches them.

use super::{PatternError, Regex};

fn whole(pattern: &str, text: &str) -> String {
    let regex = match Regex::new(pattern.as_bytes()) {
        Ok(regex) => regex,
        Err(PatternError::Invalid) => return String::from("invalid"),
        Err(PatternError::TooLarge) => return String::from("too large"),
    };
    let groups = match regex.match_whole(text.as_bytes()) {
        Ok(Some(groups)) => groups,
        Ok(None) => return String::from("no"),
        Err(super::TooMany) => return String::from("too many"),
    };
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

#[test]
fn what_may_be_left_out_many_times_is_tried_once() {
    let optional = format!("(x){}", "?".repeat(40));
    let pattern = format!("{optional}H{0}G{0}{0}+{0}", "?".repeat(20));
    assert_eq!(whole(&pattern, "xHGGGGz"), "no");
    assert_eq!(whole(&pattern, "xHGGGG"), "x");
}

#[test]
fn a_memory_that_grows_too_large_ends_the_search() {
    let turns: String = ('a'..='p').map(|c| format!("({c}*)?")).collect();
    let text = "ponmlkjihgfedcba".repeat(20);
    assert_eq!(whole(&format!("(({turns})+)+!"), &text), "too many");
}
