//! Regular expressions.

use std::fmt::Write;
use std::rc::Rc;

use regex::bytes::{Captures, Regex, RegexBuilder};

use super::{EvalResult, Evaluator, Pos, Value, primops};

primops! { "match" 2 match_, "split" 2 split }

impl<'e> Evaluator<'e> {
    fn pattern(&mut self, pattern: Value<'e>, anchored: bool, pos: Pos) -> EvalResult<'e, Rc<Regex>> {
        let text = self.text(pattern, pos)?;
        let mut key = text.as_bytes().to_vec();
        key.push(u8::from(anchored));
        if let Some(regex) = self.patterns.get(&key) {
            return Ok(Rc::clone(regex));
        }
        let source = text.to_str_lossy();
        let built = perl_syntax(&source).and_then(|perl| {
            let perl = if anchored { format!("^(?:{perl})$") } else { perl };
            RegexBuilder::new(&perl).unicode(false).dot_matches_new_line(true).build().ok()
        });
        let Some(regex) = built.map(Rc::new) else {
            return Err(self.error(self.word_span(pos), &format!("invalid regular expression '{source}'")));
        };
        self.patterns.insert(key, Rc::clone(&regex));
        Ok(regex)
    }

    fn groups(&self, captures: &Captures<'_>) -> Value<'e> {
        let groups: Vec<_> = captures
            .iter()
            .skip(1)
            .map(|group| group.map_or(Value::Null, |group| self.bytes(group.as_bytes())))
            .collect();
        self.list(groups)
    }
}

/// A POSIX extended regular expression in the notation of the `regex` crate; `None` where it is not one.
fn perl_syntax(posix: &str) -> Option<String> {
    let mut perl = String::with_capacity(posix.len() + 8);
    let mut chars = posix.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // Only special characters are escaped in POSIX.
            '\\' => {
                let escaped = chars.next()?;
                if escaped.is_ascii_alphanumeric() {
                    return None;
                }
                perl.push_str(&regex::escape(&escaped.to_string()));
            }
            '[' => bracket(&mut chars, &mut perl)?,
            '(' if chars.peek() == Some(&'?') => return None,
            // A repetition of a repetition is greedy in POSIX, and lazy or possessive elsewhere.
            '*' | '+' | '?' => {
                let mut repeat = c;
                while let Some(next) = chars.next_if(|c| matches!(c, '*' | '+' | '?')) {
                    if next != repeat {
                        repeat = '*';
                    }
                }
                perl.push(repeat);
            }
            _ => perl.push(c),
        }
    }
    Some(perl)
}

/// `[…]`: a backslash stands for itself in it, a closing bracket at the beginning too.
fn bracket(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, perl: &mut String) -> Option<()> {
    perl.push('[');
    if chars.next_if_eq(&'^').is_some() {
        perl.push('^');
    }
    let mut first = true;
    loop {
        match chars.next()? {
            ']' if !first => break,
            '[' if chars.peek() == Some(&':') => {
                chars.next();
                let name: String = std::iter::from_fn(|| chars.next_if(|c| *c != ':')).collect();
                chars.next();
                chars.next_if_eq(&']')?;
                write!(perl, "[:{name}:]").ok()?;
            }
            '-' => perl.push_str(if first || chars.peek() == Some(&']') { "\\-" } else { "-" }),
            c @ ('[' | ']' | '\\' | '^' | '&' | '~') => perl.extend(['\\', c]),
            c => perl.push(c),
        }
        first = false;
    }
    perl.push(']');
    Some(())
}

fn match_<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let regex = ev.pattern(args[0], true, pos)?;
    let text = ev.text(args[1], pos)?.as_bytes();
    Ok(regex.captures(text).map_or(Value::Null, |captures| ev.groups(&captures)))
}

fn split<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let regex = ev.pattern(args[0], false, pos)?;
    let text = ev.text(args[1], pos)?.as_bytes();
    let mut parts = Vec::new();
    let mut end = 0;
    for captures in regex.captures_iter(text) {
        let whole = captures.get(0).expect("group 0 is the match");
        parts.push(ev.bytes(&text[end..whole.start()]));
        parts.push(ev.groups(&captures));
        end = whole.end();
    }
    parts.push(ev.bytes(&text[end..]));
    Ok(ev.list(parts))
}
