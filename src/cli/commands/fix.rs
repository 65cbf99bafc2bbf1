//! `check --fix`: applies the certain fixes to the files of the checkout.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::check::{CheckOptions, fails, findings};
use crate::app::{ConfigOptions, checkout, with_edits};
use crate::cli::args::{CheckFormat, LintArgs};
use crate::cli::session::{Outcome, Session};
use crate::diag::{Code, Diagnostic, Edit, render};
use crate::host::checkout::replace;
use crate::source::{SourceFile, SourceMap};
use crate::syntax::mend::applied;

/// The most rounds of fixes: a fix may reveal further findings, which the next round fixes.
const ROUNDS: usize = 20;

/// A file with its fixed text.
struct Mended {
    file: Rc<SourceFile>,
    path: PathBuf,
    edits: Vec<Edit>,
    text: String,
}

/// Shows the diff, asks, changes the files, and reports the findings that remain.
pub(in crate::cli) fn fix(
    session: &Session<'_>,
    config: &ConfigOptions,
    how: CheckOptions,
    (yes, lints): (bool, &LintArgs),
) -> Outcome {
    if how.format != CheckFormat::Text {
        let diagnostic = Diagnostic::error(Code::Usage, "`--fix` needs `--format text`, since it shows a diff")
            .help("`--format sarif` lists the same edits as `fixes`, for programs that apply them");
        return Err(vec![diagnostic]);
    }
    let top = checkout(&session.context(), config)?;
    for _ in 0..ROUNDS {
        // The files change, so each round reads them again.
        let sources = SourceMap::new();
        let round = Session { sources: &sources, ..*session };
        let found = with_edits(findings(&round, config, how, lints)?, &sources);
        let mended = mended(&found, &top, &sources);
        if mended.is_empty() {
            session.terminal.findings(&found, &sources);
            return Ok(u8::from(fails(&found, how)));
        }
        let diff: String = mended.iter().map(|mended| render::diff(&mended.file, &mended.edits)).collect();
        session.terminal.result(&diff);
        let question = match mended.len() {
            1 => String::from("Change this file?"),
            count => format!("Change these {count} files?"),
        };
        let agreed = yes || session.terminal.ask(&question).unwrap_or_default();
        if !agreed {
            session.terminal.findings(&found, &sources);
            session.terminal.progress("nothing was changed; `--yes` applies the fixes without asking");
            return Ok(1);
        }
        for Mended { file, path, text, .. } in &mended {
            replace(path, &file.text, text).map_err(|error| {
                let message = format!("cannot change {}: {error}", path.display());
                vec![Diagnostic::error(Code::Unreadable, message)]
            })?;
            session.terminal.progress(&format!("changed {}", file.name));
        }
    }
    Err(vec![Diagnostic::error(Code::Internal, format!("there were still fixes to apply after {ROUNDS} rounds"))])
}

/// The files of the checkout that the findings' edits change. Each finding is fixed completely or not at all.
fn mended(findings: &[Diagnostic], top: &Path, sources: &SourceMap) -> Vec<Mended> {
    let mut files: BTreeMap<u32, (Rc<SourceFile>, PathBuf, Vec<Edit>)> = BTreeMap::new();
    for edits in findings.iter().map(|finding| &finding.edits).filter(|edits| !edits.is_empty()) {
        let located: Option<Vec<_>> = edits
            .iter()
            .map(|edit| {
                let file = sources.file(edit.span.start)?;
                let path = in_checkout(&file, top)?;
                Some((file, path, edit.clone()))
            })
            .collect();
        // A fix that overlaps another one waits for the next round.
        let Some(located) = located else { continue };
        let fits = located.iter().all(|(file, _, edit)| {
            let others = files.get(&file.base).map(|(.., edits)| edits.as_slice()).unwrap_or_default();
            others.iter().all(|other| {
                other == edit || other.span.end <= edit.span.start || edit.span.end <= other.span.start
            })
        });
        if !fits {
            continue;
        }
        for (file, path, edit) in located {
            files.entry(file.base).or_insert_with(|| (file, path, Vec::new())).2.push(edit);
        }
    }
    let mended = files.into_values().filter_map(|(file, path, edits)| {
        // If the edits together give invalid Nix, the first one alone may be valid.
        let one = &edits[..1];
        let (edits, text) = [edits.as_slice(), one]
            .into_iter()
            .find_map(|edits| Some((edits.to_vec(), applied(&file, edits).filter(|text| **text != *file.text)?)))?;
        Some(Mended { file, path, edits, text })
    });
    mended.collect()
}

/// The path of a source in the checkout. `None` if it is outside, or reached through a symlink that leads outside.
fn in_checkout(file: &SourceFile, top: &Path) -> Option<PathBuf> {
    let below = Path::new(&file.name);
    if below.is_absolute() || file.name.starts_with('«') {
        return None;
    }
    let path = fs::canonicalize(top.join(below)).ok()?;
    let top = fs::canonicalize(top).ok()?;
    (path.starts_with(&top) && !path.starts_with("/nix/store")).then_some(path)
}
