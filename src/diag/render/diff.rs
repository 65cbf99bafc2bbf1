//! Renders edits as a diff, or as a suggestion for a code host.

use std::fmt::Write as _;

use crate::diag::{Diagnostic, Edit, secret};
use crate::source::{SourceFile, SourceMap};

/// An edit: the range of offsets it replaces, and the new text.
type Range<'a> = (usize, usize, &'a str);

/// The lines that edits touch, counted from 0, end exclusive, with those edits.
type Change<'a> = (usize, usize, Vec<Range<'a>>);

/// How many unchanged lines to show around a change.
const CONTEXT: usize = 3;

/// Renders the edits of a file like `diff -u`. Secrets are blotted out: the result is for people to read, not a patch
/// to apply.
pub fn diff(file: &SourceFile, edits: &[Edit]) -> String {
    let text = secret::blotted(&file.text);
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let mut edits: Vec<Range<'_>> = edits
        .iter()
        .map(|edit| (file.offset(edit.span.start), file.offset(edit.span.end), edit.text.as_str()))
        .collect();
    edits.sort_unstable();
    edits.dedup();
    // Group edits that touch the same lines.
    let line = |offset: usize| file.location(offset).line as usize - 1;
    let mut changes: Vec<Change<'_>> = Vec::new();
    for edit in edits {
        let (first, last) = (line(edit.0), line(edit.1) + 1);
        match changes.last_mut() {
            Some((_, end, of)) if first < *end => {
                *end = last.max(*end);
                of.push(edit);
            }
            _ => changes.push((first, last.min(old.len().max(1)), vec![edit])),
        }
    }
    let mut out = format!("--- a/{0}\n+++ b/{0}\n", super::visible(&file.name));
    let (mut index, mut grown) = (0, 0_isize);
    while index < changes.len() {
        let mut end = index + 1;
        while end < changes.len() && changes[end].0 <= changes[end - 1].1 + 2 * CONTEXT {
            end += 1;
        }
        hunk(&mut out, (&old, &text), &changes[index..end], &mut grown);
        index = end;
    }
    out
}

/// Writes one hunk: changes that are close together.
fn hunk(out: &mut String, (old, text): (&[&str], &str), changes: &[Change<'_>], grown: &mut isize) {
    let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return };
    let (start, end) = (first.0.saturating_sub(CONTEXT), (last.1 + CONTEXT).min(old.len()));
    let mut body = String::new();
    let (mut at, mut length) = (start, 0);
    let mut put = |sign: char, line: &str| {
        let _ = writeln!(body, "{sign}{}", super::visible(line.trim_end_matches('\n')));
    };
    for (from, to, edits) in changes {
        let new = changed((old, text), (*from, *to), edits);
        let (before, after) = (&old[*from..(*to).min(old.len())], new.split_inclusive('\n').collect::<Vec<_>>());
        let same = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
        for line in &old[at..*from + same] {
            put(' ', line);
            length += 1;
        }
        for line in &before[same..] {
            put('-', line);
        }
        for line in &after[same..] {
            put('+', line);
            length += 1;
        }
        at = *to;
    }
    for line in &old[at.min(end)..end] {
        put(' ', line);
        length += 1;
    }
    let begins = (start as isize + 1 + *grown).max(1);
    let _ = writeln!(out, "@@ -{},{} +{begins},{length} @@", start + 1, end - start);
    *grown += length as isize - (end - start) as isize;
    out.push_str(&body);
}

/// The new text of lines `from..to`, counted from 0.
fn changed((old, text): (&[&str], &str), (from, to): (usize, usize), edits: &[Range<'_>]) -> String {
    let starts = |line: usize| old[..line.min(old.len())].iter().map(|line| line.len()).sum::<usize>();
    let (mut new, mut done) = (String::new(), starts(from));
    for (start, end, by) in edits {
        new.push_str(text.get(done..*start).unwrap_or_default());
        new.push_str(by);
        done = *end;
    }
    new.push_str(text.get(done..starts(to)).unwrap_or_default());
    new
}

/// Lines of a file, and what to replace them with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The name of the file.
    pub file: String,
    /// The first line, counted from 1.
    pub first: u32,
    /// The last line.
    pub last: u32,
    /// The new lines, each with its line break.
    pub text: String,
}

/// Changes of more lines are not suggested.
const MOST_LINES: u32 = 20;

/// The replacement for the lines that a finding's edits touch; `None` if they touch several files, too many lines, or
/// a secret.
pub fn suggestion(finding: &Diagnostic, sources: &SourceMap) -> Option<Suggestion> {
    let first = finding.edits.first()?;
    let file = sources.file(first.span.start)?;
    let mut edits = Vec::new();
    for edit in &finding.edits {
        if sources.file(edit.span.start)?.base != file.base {
            return None;
        }
        edits.push((file.offset(edit.span.start), file.offset(edit.span.end), edit.text.as_str()));
    }
    edits.sort_unstable();
    let line = |offset: usize| file.location(offset).line;
    let (first, last) = (line(edits.first()?.0), edits.iter().map(|(_, end, _)| line(*end)).max()?);
    if last - first >= MOST_LINES {
        return None;
    }
    let of = |text: &str| {
        let old: Vec<&str> = text.split_inclusive('\n').collect();
        changed((&old, text), (first as usize - 1, last as usize), &edits)
    };
    let mut text = of(&file.text);
    // A code host would apply the blotted secret literally.
    if of(&secret::blotted(&file.text)) != text {
        return None;
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Some(Suggestion { file: file.name.clone(), first, last, text })
}

#[cfg(test)]
mod tests {
    use crate::diag::render::{diff, suggestion};
    use crate::diag::{Code, Diagnostic, Edit};
    use crate::source::{SourceMap, Span};

    #[test]
    fn no_secret_is_part_of_a_suggestion() {
        let sources = SourceMap::new();
        for (text, is_shown) in [("{ a = \"x\"; b = 1 }\n", true), ("{ password = \"x\"; b = 1 }\n", false)] {
            let file = sources.add("x.nix", text).expect("fits");
            let at = Span::at(file.pos(text.find(" }").expect("in it")));
            let finding = Diagnostic::error(Code::Syntax, "");
            let finding = Diagnostic { edits: vec![Edit { span: at, text: ";".to_owned() }], ..finding };
            let shown = suggestion(&finding, &sources).map(|suggestion| suggestion.text);
            assert_eq!(shown, is_shown.then(|| text.replace(" }", "; }")));
        }
    }

    #[test]
    fn changes_are_shown_with_what_is_around_them() {
        let sources = SourceMap::new();
        let text: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let file = sources.add("x.nix", text.as_str()).expect("fits");
        let edit = |what: &str, by: &str| {
            let at = text.find(what).expect("in it");
            Edit { span: Span::new(file.pos(at), file.pos(at + what.len())), text: by.to_owned() }
        };
        let shown = diff(&file, &[edit("18", "18\nnew"), edit("ine 2\n", "INE 2\n"), edit("line 3", "three")]);
        insta::assert_snapshot!(shown, @r"
        --- a/x.nix
        +++ b/x.nix
        @@ -1,6 +1,6 @@
         line 1
        -line 2
        -line 3
        +lINE 2
        +three
         line 4
         line 5
         line 6
        @@ -15,6 +15,7 @@
         line 15
         line 16
         line 17
         line 18
        +new
         line 19
         line 20
        ");
    }
}
