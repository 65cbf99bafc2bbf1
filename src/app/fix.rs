//! `check --fix`: applies the certain fixes to the files of the checkout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::check::check;
use super::context::Context;
use super::disk::Disk;
use super::edits::with_edits;
use super::live_host::LiveHost;
use super::load::checkout;
use super::options::ConfigOptions;
use crate::diag::{Code, Diagnostic, Edit, render};
use crate::source::{SourceFile, SourceMap};
use crate::syntax::mend::applied;

/// The most rounds of fixes: a fix may reveal further findings, which the next round fixes.
const ROUNDS: usize = 20;

/// What `check --fix` has left.
pub struct Fixed {
    /// The findings that remain.
    pub findings: Vec<Diagnostic>,
    /// The texts to which their positions refer.
    pub sources: SourceMap,
    /// Whether the user declined the changes of the last round.
    pub is_declined: bool,
}

/// A file with its fixed text.
struct Mended {
    file: Rc<SourceFile>,
    path: PathBuf,
    edits: Vec<Edit>,
    text: String,
}

/// Shows what the fixes change, asks unless `yes`, changes the files, and checks them again until there is nothing to
/// fix. The findings are those of [`check`].
///
/// # Errors
///
/// As for [`check`]; or if a file cannot be changed.
pub fn fix(
    cx: &Context<'_>,
    config: &ConfigOptions,
    host: Option<&dyn LiveHost>,
    (yes, allow): (bool, &[Code]),
) -> Result<Fixed, Vec<Diagnostic>> {
    let top = checkout(cx, config)?;
    for _ in 0..ROUNDS {
        // The files change, so each round reads them again.
        let sources = SourceMap::new();
        let found = check(&Context { sources: &sources, ..*cx }, config, host, allow)?;
        let findings = with_edits(found, &sources);
        let mended = mended(cx.disk, &findings, &top, &sources);
        if mended.is_empty() {
            return Ok(Fixed { findings, sources, is_declined: false });
        }
        let diff: String = mended.iter().map(|mended| render::diff(&mended.file, &mended.edits)).collect();
        cx.ui.diff(&diff);
        let question = match mended.len() {
            1 => String::from("Change this file?"),
            count => format!("Change these {count} files?"),
        };
        // If nobody can be asked, nobody has agreed.
        if !yes && !cx.ui.consent(&question).unwrap_or_default() {
            return Ok(Fixed { findings, sources, is_declined: true });
        }
        for Mended { file, path, text, .. } in &mended {
            cx.disk.replace(path, &file.text, text).map_err(|error| {
                let message = format!("cannot change {}: {error}", path.display());
                vec![Diagnostic::error(Code::Unreadable, message)]
            })?;
            cx.ui.progress(&format!("changed {}", file.name));
        }
    }
    Err(vec![Diagnostic::error(Code::Internal, format!("there were still fixes to apply after {ROUNDS} rounds"))])
}

/// The files of the checkout that the findings' edits change. Each finding is fixed completely or not at all.
fn mended(disk: &dyn Disk, findings: &[Diagnostic], top: &Path, sources: &SourceMap) -> Vec<Mended> {
    let mut files: BTreeMap<u32, (Rc<SourceFile>, PathBuf, Vec<Edit>)> = BTreeMap::new();
    for edits in findings.iter().map(|finding| &finding.edits).filter(|edits| !edits.is_empty()) {
        let located: Option<Vec<_>> = edits
            .iter()
            .map(|edit| {
                let file = sources.file(edit.span.start)?;
                let path = in_checkout(disk, &file, top)?;
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
fn in_checkout(disk: &dyn Disk, file: &SourceFile, top: &Path) -> Option<PathBuf> {
    let below = Path::new(&file.name);
    if below.is_absolute() || file.name.starts_with('«') {
        return None;
    }
    let path = disk.canonicalize(&top.join(below))?;
    let top = disk.canonicalize(top)?;
    (path.starts_with(&top) && !path.starts_with("/nix/store")).then_some(path)
}
