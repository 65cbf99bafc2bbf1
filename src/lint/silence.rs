//! Drops the findings that the user allows, in a comment or for a whole run.
//!
//! `# container-rebuild: allow(CODE)` works at the end of a line that a finding points to, and on comment lines directly
//! above it. If a finding has several locations, any of them will do.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Fix, Kind};
use crate::source::{SourceFile, SourceMap, Span};

/// What introduces the list of codes, after the `#`.
const WORDS: &str = "container-rebuild:";

/// Removes the findings that `codes` or comments in their sources allow, and adds a warning for each comment that allows an
/// unknown lint.
pub(crate) fn without_allowed(findings: Vec<Diagnostic>, codes: &[Code], sources: &SourceMap) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> =
        findings.into_iter().filter(|finding| !is_allowed(finding, codes, sources)).collect();
    let unknown = unknown_comments(sources).into_iter();
    kept.extend(unknown.filter(|finding| !is_allowed(finding, codes, sources)));
    kept
}

fn is_allowed(finding: &Diagnostic, codes: &[Code], sources: &SourceMap) -> bool {
    finding.code.kind() == Kind::Lint
        && (codes.contains(&finding.code)
            || finding.labels.iter().any(|label| is_allowed_at(finding.code, label.span, sources))
            || (finding.labels.is_empty() && is_allowed_at_location(finding, sources)))
}

fn is_allowed_at(code: Code, span: Span, sources: &SourceMap) -> bool {
    let Some(file) = sources.file(span.start) else { return false };
    let line = file.location(file.offset(span.start)).line;
    allows(&file, line, code)
}

/// Whether a comment allows a finding whose location is known only as text.
fn is_allowed_at_location(finding: &Diagnostic, sources: &SourceMap) -> bool {
    let Some(location) = finding.location_in(sources) else { return false };
    sources.files().iter().any(|file| file.name == location.file && allows(file, location.line, finding.code))
}

/// Whether a comment on `line` (counted from 1) or directly above it allows `code`.
fn allows(file: &SourceFile, line: u32, code: Code) -> bool {
    let lines: Vec<&str> = file.text.lines().take(line as usize).collect();
    let Some((own, above)) = lines.split_last() else { return false };
    let comments = above.iter().rev().take_while(|line| line.trim_start().starts_with('#'));
    std::iter::once(own)
        .chain(comments)
        .any(|line| codes_in(line).is_some_and(|(_, codes)| codes.contains(code.as_str())))
}

/// The codes that a line allows, and the byte offset of the list.
fn codes_in(line: &str) -> Option<(usize, BTreeSet<&str>)> {
    let (at, _) = line.match_indices('#').find(|(at, _)| line[at + 1..].trim_start().starts_with(WORDS))?;
    let rest = &line[at..];
    let list = rest[rest.find(WORDS)? + WORDS.len()..].trim_start().strip_prefix("allow")?.trim_start();
    let codes = list.strip_prefix('(')?.split_once(')')?.0;
    let begins = line.len() - list.len() + 1;
    Some((begins, codes.split(',').map(str::trim).filter(|code| !code.is_empty()).collect()))
}

/// Comments that allow an unknown lint: they look effective but silence nothing.
fn unknown_comments(sources: &SourceMap) -> Vec<Diagnostic> {
    let lints: Vec<&str> =
        Code::ALL.iter().filter(|code| code.kind() == Kind::Lint).map(|code| code.as_str()).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for file in sources.files().iter().filter(|file| file.text.contains(WORDS)) {
        let mut offset = 0;
        for line in file.text.split_inclusive('\n') {
            for code in codes_in(line).into_iter().flat_map(|(_, codes)| codes) {
                if lints.contains(&code) || !seen.insert((file.name.clone(), offset, code)) {
                    continue;
                }
                let at = offset + line.find(code).unwrap_or(0);
                let refusal = Code::ALL.iter().any(|known| known.as_str() == code);
                let message = if refusal {
                    format!("`{code}` cannot be allowed: nothing can be done with such a configuration")
                } else {
                    format!("unknown lint `{code}`")
                };
                let closest = lints
                    .iter()
                    .map(|lint| (strsim::jaro_winkler(code, lint), lint))
                    .filter(|(similarity, _)| *similarity > 0.8)
                    .max_by(|(a, _), (b, _)| a.total_cmp(b));
                let help = match closest {
                    Some((_, lint)) if !refusal => format!("did you mean `{lint}`?"),
                    _ => String::from("docs/lints.md lists those that there are"),
                };
                let span = Span::new(file.pos(at), file.pos(at + code.len()));
                let finding = Diagnostic::warning(Code::UnknownLint, message).at(span, "").help(help);
                found.push(match closest {
                    Some((_, lint)) if !refusal => finding.fix(Fix::Text(span, (*lint).to_owned())),
                    _ => finding,
                });
            }
            offset += line.len();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_count_on_the_line_and_right_above_it() {
        let text = "a = 1; # container-rebuild: allow(no-nat, port-taken)\n\
                    # container-rebuild: allow(no-nat)\n\
                    # because of the tunnel\n\
                    b = 2;\n\
                    c = 3;\n\
                    \n\
                    # container-rebuild: allow(no-nat)\n\
                    \n\
                    d = \"#\"; #container-rebuild:allow( no-nat )\n\
                    e = 5; # container-rebuild: allow no-nat\n";
        let sources = SourceMap::new();
        let file = sources.add("x.nix", text).expect("fits");
        let table = [("a", true), ("b", true), ("c", false), ("d", true), ("e", false)];
        for (name, allowed) in table {
            let offset = text.find(&format!("{name} = ")).expect("in it");
            let span = Span::at(file.pos(offset));
            assert_eq!(is_allowed_at(Code::NoNat, span, &sources), allowed, "{name}");
            assert!(!is_allowed_at(Code::ForwardBlocked, span, &sources), "{name}");
        }
    }

    #[test]
    fn what_is_no_lint_cannot_be_allowed_and_that_is_said() {
        let sources = SourceMap::new();
        let text = "{ } # container-rebuild: allow(forward-blockd, container-name, no-nat)\n";
        sources.add("x.nix", text).expect("fits");
        let found = without_allowed(Vec::new(), &[], &sources);
        let messages: Vec<_> =
            found.iter().map(|finding| (finding.message.as_str(), finding.help.as_deref())).collect();
        insta::assert_debug_snapshot!(messages);
    }
}
