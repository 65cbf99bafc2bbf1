//! Copies sources to the store: it computes their paths, and writes nothing.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::{EvalError, EvalResult};
use super::evaluator::Evaluator;
use super::store::hash::{Algorithm, Hash};
use super::store::nar::{self, NarError};
use super::store::path::{self, Method};
use super::value::{Str, Value};
use super::written::Written;
use crate::source::{FileKind, Files, Pos, Span};

/// A file or directory to copy to the store.
pub(super) struct Source<'a, 'e> {
    pub(super) path: &'a Path,
    pub(super) name: &'a str,
    pub(super) filter: Option<Value<'e>>,
    pub(super) method: Method,
    /// The hash it must have.
    pub(super) expected: Option<Hash>,
}

impl<'e> Source<'_, 'e> {
    /// The store path of a copy, with itself as context. Reading the copy from then on reads the original.
    pub(super) fn add(&self, ev: &mut Evaluator<'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
        let fixed = |ev: &Evaluator<'e>, hash: &Hash| {
            path::fixed(self.name, self.method, hash)
                .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))
        };
        // Like Nix, do not copy what the store already has.
        if let Some(expected) = &self.expected {
            let path = fixed(ev, expected)?;
            if ev.loader.files.kind(Path::new(&path)).is_ok() {
                return Ok(ev.written.add(&ev.heap, &path, Written::File { references: &[] }));
            }
        }
        let mut kept = None;
        let hash = match self.method {
            Method::Recursive => {
                let (hash, paths) = self.nar_hash(ev, pos)?;
                kept = paths;
                hash
            }
            Method::Flat => {
                let read = ev.loader.files.read(self.path);
                let bytes = read.map_err(|error| ev.loader.unreadable(self.path, &error, pos))?;
                Hash::of(Algorithm::Sha256, &bytes)
            }
        };
        let path = fixed(ev, &hash)?;
        if self.expected.as_ref().is_some_and(|expected| *expected != hash) {
            let from = self.path.display();
            let message = format!("store path mismatch in (possibly filtered) path added from '{from}'");
            return Err(ev.report.error(ev.report.word_span(pos), &message));
        }
        if ev.settings.reads_copies() {
            ev.loader.files.copy(Path::new(&path), self.path, kept);
        }
        Ok(ev.written.add(&ev.heap, &path, Written::File { references: &[] }))
    }

    /// The NAR hash of a path; with a filter, also the paths it keeps, relative to it.
    fn nar_hash(&self, ev: &mut Evaluator<'e>, pos: Pos) -> EvalResult<'e, (Hash, Option<BTreeSet<PathBuf>>)> {
        let files = Rc::clone(&ev.loader.files);
        let mut kept = self.filter.map(|_| BTreeSet::new());
        let mut decide = |path: &Path, kind: FileKind| -> Result<bool, EvalError<'e>> {
            let (Some(filter), Some(kept)) = (self.filter, &mut kept) else { return Ok(true) };
            let text = ev.heap.bytes(path.as_os_str().as_bytes());
            let bound = ev.apply(filter, text, pos)?;
            let kind = ev.heap.string(kind.as_str());
            let keep = match ev.apply(bound, kind, pos).and_then(|keep| ev.force(keep))? {
                Value::Bool(keep) => keep,
                other => return Err(ev.report.type_error(&ev.heap, "a Boolean", other, pos)),
            };
            if let (true, Ok(below)) = (keep, path.strip_prefix(self.path)) {
                kept.insert(below.to_path_buf());
            }
            Ok(keep)
        };
        let hash = nar::hash(&*files, self.path, Algorithm::Sha256, &mut decide).map_err(|error| match error {
            NarError::File(path, error) => ev.loader.unreadable(&path, &error, pos),
            NarError::Filter(error) => error,
        })?;
        Ok((hash, kept))
    }
}

impl<'e> Evaluator<'e> {
    /// Coerces a path to a string: the store path of its copy, with itself as context.
    pub(super) fn path_in_store(&mut self, path: &'e Str<'e>, span: Span) -> EvalResult<'e, &'e Str<'e>> {
        if let Some(copy) = self.written.copies.get(path.as_bytes()) {
            return Ok(copy);
        }
        if path.as_bytes().starts_with(b"<nix") {
            // Our version of this file has another text, and therefore another hash.
            let reason = format!("only Nix has the text of '{}'", path.to_str_lossy());
            return Err(self.only_nix(&reason, span));
        }
        let from = Path::new(std::ffi::OsStr::from_bytes(path.as_bytes()));
        // The placeholder of a source is not copied.
        if self.loader.stand_in.as_ref().is_some_and(|(_, source)| from.starts_with(source)) {
            self.written.copies.insert(path.as_bytes(), path);
            return Ok(path);
        }
        let name = base_name(from);
        if name.ends_with(".drv") {
            return Err(self.report.error(span, "file names are not allowed to end in '.drv'"));
        }
        let source = Source { path: from, name: &name, filter: None, method: Method::Recursive, expected: None };
        let Value::String(copy) = source.add(self, span.start)? else {
            unreachable!("a store path is a string");
        };
        self.written.copies.insert(path.as_bytes(), copy);
        Ok(copy)
    }
}

/// The name of the copy of a path.
pub(super) fn base_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
