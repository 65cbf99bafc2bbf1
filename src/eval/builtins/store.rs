//! Built-in functions that add to the store: they compute paths and write nothing.

use crate::eval::store::derivation::{Derivation, Modulo};
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::declare::primops;
use crate::code::{Context, Element};
use crate::eval::error::{EvalError, EvalResult};
use crate::eval::evaluator::Evaluator;
use crate::eval::store::hash::{Algorithm, Hash};
use crate::eval::store::nar::{self, NarError};
use crate::eval::store::path::{self, Method};
use crate::eval::value::{Str, Value};
use crate::eval::written::Written;
use crate::source::{FileKind, Files, MemoryFiles, Pos, Span};

/// The path of the only file in a file system made for one text.
const FILE: &str = "/text";

primops! {
    prefixed "filterSource" (predicate: lazy, path: lazy) reads => filter_source;
    prefixed "path" (args: lazy) reads => add_path;
    global "placeholder" (output: lazy) => placeholder;
    prefixed "storePath" (path: lazy) reads => store_path;
    prefixed "toFile" (name: lazy, text: lazy) => to_file;
}

fn placeholder<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let output = ev.plain_text(args[0], pos)?.as_bytes();
    Ok(ev.heap.string(&path::placeholder(output)))
}

fn to_file<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = ev.plain_text(args[0], pos)?.to_str_lossy();
    let content = ev.text(args[1], pos)?;
    let mut references = Vec::new();
    for element in content.context().elements() {
        match *element {
            Element::Path(path) => references.push(path),
            Element::Deep(derivation) | Element::Output { derivation, .. } => {
                let reference = match *element {
                    Element::Output { output, .. } => format!("!{output}!{}", path::base(derivation)),
                    _ => format!("={}", path::base(derivation)),
                };
                let message = format!(
                    "files created by builtins.toFile may not reference derivations, but {name} references {reference}"
                );
                return Err(ev.report.error(ev.report.word_span(pos), &message));
            }
        }
    }
    let hash = Hash::of(Algorithm::Sha256, content.as_bytes());
    let path = path::text(&name, &hash, references.iter().copied())
        .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
    if ev.reads_copies() {
        let text = MemoryFiles::new().with(FILE, content.as_bytes());
        ev.loader.files.mount(Path::new(&path), Rc::new(text), PathBuf::from(FILE));
    }
    Ok(ev.written_path(&path, Written::File { references: ev.heap.alloc_slice(&references) }))
}

fn store_path<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (given, context) = ev.path_argument(args[0], pos)?;
    let mut text = given.to_string_lossy().into_owned();
    // A symlink outside the store may point into it.
    for _ in 0..40 {
        if path::split(&text).is_some() {
            break;
        }
        match ev.loader.files.read_link(Path::new(&text)) {
            Ok(target) => {
                let directory = Path::new(&text).parent().unwrap_or(Path::new("/"));
                text = crate::eval::paths::normalise(&directory.join(target)).to_string_lossy().into_owned();
            }
            Err(_) => break,
        }
    }
    let Some((store_path, _)) = path::split(&text) else {
        return Err(ev.report.error(
            ev.report.word_span(pos),
            &format!("path '{}' is not in the Nix store", ev.loader.resolve(&given).display()),
        ));
    };
    path::parse_base(path::base(store_path))
        .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))?;
    let store_path = ev.heap.str(store_path);
    let context = ev.heap.merge_contexts(context, ev.heap.context([Element::Path(store_path)]));
    Ok(ev.heap.text_with_context(text.as_bytes(), context))
}

fn filter_source<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (path, context) = ev.path_argument(args[1], pos)?;
    ev.function(args[0], pos)?;
    ev.check_there(&path, context, pos)?;
    let name = base_name(&path);
    let path = ev.loader.resolve(&path);
    let source =
        Source { path: &path, name: &name, filter: Some(args[0]), method: Method::Recursive, expected: None };
    ev.add_source(&source, pos)
}

fn add_path<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let input = ev.set(args[0], pos)?;
    let (mut path, mut name, mut filter, mut expected) = (None, None, None, None);
    let mut method = Method::Recursive;
    for (attribute, value, at) in input.iter() {
        match ev.heap.name(attribute) {
            "path" => path = Some((ev.path_argument(value, at)?, at)),
            // As in Nix, an empty name counts as missing.
            "name" => {
                name = Some(ev.plain_text(value, at)?.to_str_lossy().into_owned()).filter(|name| !name.is_empty())
            }
            "filter" => {
                ev.function(value, at)?;
                filter = Some(value);
            }
            "recursive" => method = if ev.boolean(value, at)? { Method::Recursive } else { Method::Flat },
            "sha256" => {
                let text = ev.plain_text(value, at)?.to_str_lossy();
                let hash = parse_hash_allow_empty(&text, Some(Algorithm::Sha256));
                expected = Some(hash.map_err(|message| ev.report.error(ev.report.attribute_span(at), &message))?);
            }
            other => {
                let message = format!("unsupported argument '{other}' to 'builtins.path'");
                return Err(ev.report.error(ev.report.attribute_span(at), &message));
            }
        }
    }
    let Some(((path, context), at)) = path else {
        let message = "missing required 'path' attribute in the first argument to 'builtins.path'";
        return Err(ev.report.error(ev.report.word_span(pos), message));
    };
    ev.check_there(&path, context, at)?;
    let name = name.unwrap_or_else(|| base_name(&path));
    let path = ev.loader.resolve(&path);
    ev.add_source(&Source { path: &path, name: &name, filter, method, expected }, pos)
}

/// Parses a hash; an empty text stands for one that the user does not know yet.
pub(super) fn parse_hash_allow_empty(text: &str, algorithm: Option<Algorithm>) -> Result<Hash, String> {
    if text.is_empty() {
        let algorithm = algorithm.ok_or("empty hash requires explicit hash algorithm")?;
        return Ok(Hash::zero(algorithm));
    }
    Hash::parse(text, algorithm)
}

fn base_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A file or directory to copy to the store.
pub(super) struct Source<'a, 'e> {
    pub(super) path: &'a Path,
    pub(super) name: &'a str,
    pub(super) filter: Option<Value<'e>>,
    pub(super) method: Method,
    /// The hash it must have.
    pub(super) expected: Option<Hash>,
}

impl<'e> Evaluator<'e> {
    /// Whether files added to the store can be read there. Nix writes them when it evaluates a system, but not for an
    /// expression (`nix-instantiate --eval`).
    fn reads_copies(&self) -> bool {
        self.settings.unknowns
    }

    /// The store path of a copy, with itself as context. Reading the copy from then on reads the original.
    pub(super) fn add_source(&mut self, source: &Source<'_, 'e>, pos: Pos) -> EvalResult<'e, Value<'e>> {
        let fixed = |ev: &Self, hash: &Hash| {
            path::fixed(source.name, source.method, hash)
                .map_err(|message| ev.report.error(ev.report.word_span(pos), &message))
        };
        // Like Nix, do not copy what the store already has.
        if let Some(expected) = &source.expected {
            let path = fixed(self, expected)?;
            if self.loader.files.kind(Path::new(&path)).is_ok() {
                return Ok(self.written_path(&path, Written::File { references: &[] }));
            }
        }
        let mut kept = None;
        let hash = match source.method {
            Method::Recursive => {
                let (hash, paths) = self.nar_hash(source.path, source.filter, pos)?;
                kept = paths;
                hash
            }
            Method::Flat => {
                let read = self.loader.files.read(source.path);
                let bytes = read.map_err(|error| self.unreadable(source.path, &error, pos))?;
                Hash::of(Algorithm::Sha256, &bytes)
            }
        };
        let path = fixed(self, &hash)?;
        if source.expected.as_ref().is_some_and(|expected| *expected != hash) {
            let from = source.path.display();
            let message = format!("store path mismatch in (possibly filtered) path added from '{from}'");
            return Err(self.report.error(self.report.word_span(pos), &message));
        }
        if self.reads_copies() {
            self.loader.files.copy(Path::new(&path), source.path, kept);
        }
        Ok(self.written_path(&path, Written::File { references: &[] }))
    }

    /// The NAR hash of a path; with a filter, also the paths it keeps, relative to `top`.
    fn nar_hash(
        &mut self,
        top: &Path,
        filter: Option<Value<'e>>,
        pos: Pos,
    ) -> EvalResult<'e, (Hash, Option<BTreeSet<PathBuf>>)> {
        let files = Rc::clone(&self.loader.files);
        let mut kept = filter.map(|_| BTreeSet::new());
        let mut decide = |path: &Path, kind: FileKind| -> Result<bool, EvalError<'e>> {
            let (Some(filter), Some(kept)) = (filter, &mut kept) else { return Ok(true) };
            let text = self.heap.bytes(path.as_os_str().as_bytes());
            let bound = self.apply(filter, text, pos)?;
            let kind = self.heap.string(kind.as_str());
            let keep = self.apply(bound, kind, pos)?;
            let keep = self.boolean(keep, pos)?;
            if let (true, Ok(below)) = (keep, path.strip_prefix(top)) {
                kept.insert(below.to_path_buf());
            }
            Ok(keep)
        };
        let hash = nar::hash(&*files, top, Algorithm::Sha256, &mut decide).map_err(|error| match error {
            NarError::File(path, error) => self.unreadable(&path, &error, pos),
            NarError::Filter(error) => error,
        })?;
        Ok((hash, kept))
    }

    /// Coerces a path to a string: the store path of its copy, with itself as context.
    pub(in crate::eval) fn path_in_store(&mut self, path: &'e Str<'e>, span: Span) -> EvalResult<'e, &'e Str<'e>> {
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
        let Value::String(copy) = self.add_source(&source, span.start)? else {
            unreachable!("a store path is a string");
        };
        self.written.copies.insert(path.as_bytes(), copy);
        Ok(copy)
    }

    /// The derivation at a path, which must come from this evaluation.
    pub(super) fn written_derivation(
        &self,
        path: &str,
        span: Span,
    ) -> EvalResult<'e, (&'e Derivation, &'e Modulo)> {
        self.written.derivation(path).ok_or_else(|| self.not_valid(path, span))
    }

    /// The closure of a path: the path and everything it refers to, directly or indirectly.
    pub(super) fn closure(&self, path: &str, span: Span) -> EvalResult<'e, BTreeSet<String>> {
        self.written.closure(path).map_err(|missing| self.not_valid(&missing, span))
    }

    /// The error for a store path that only the store can look up.
    #[cold]
    pub(super) fn not_valid(&self, path: &str, span: Span) -> EvalError<'e> {
        if self.settings.unknowns {
            return self.only_nix(&format!("only the Nix store knows {path}"), span);
        }
        self.report.error(span, &format!("path '{}' is not valid", path::base(path)))
    }

    /// A computed store path as a string, with itself as context.
    pub(super) fn written_path(&mut self, path: &str, written: Written<'e>) -> Value<'e> {
        let path = self.heap.str(path);
        self.written.paths.insert(path, written);
        let context: Context<'e> = self.heap.context([Element::Path(path)]);
        self.heap.text_with_context(path.as_bytes(), context)
    }
}
