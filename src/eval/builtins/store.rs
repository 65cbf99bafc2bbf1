//! Built-in functions that add to the store: they compute paths and write nothing.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::arguments;
use super::declare::primops;
use super::paths::{check_there, path_argument};
use crate::code::Element;
use crate::eval::copy::{Source, base_name};
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::store::hash::{Algorithm, Hash};
use crate::eval::store::path::{self, Method};
use crate::eval::value::Value;
use crate::eval::written::Written;
use crate::source::{Files, MemoryFiles, Pos};

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
    let output = arguments::plain_text(ev, args[0], pos)?.as_bytes();
    Ok(ev.heap.string(&path::placeholder(output)))
}

fn to_file<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = arguments::plain_text(ev, args[0], pos)?.to_str_lossy();
    let content = arguments::text(ev, args[1], pos)?;
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
    if ev.settings.reads_copies() {
        let text = MemoryFiles::new().with(FILE, content.as_bytes());
        ev.loader.files.mount(Path::new(&path), Rc::new(text), PathBuf::from(FILE));
    }
    Ok(ev.written.add(&ev.heap, &path, Written::File { references: ev.heap.alloc_slice(&references) }))
}

fn store_path<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (given, context) = path_argument(ev, args[0], pos)?;
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
    let (path, context) = path_argument(ev, args[1], pos)?;
    arguments::function(ev, args[0], pos)?;
    check_there(ev, &path, context, pos)?;
    let name = base_name(&path);
    let path = ev.loader.resolve(&path);
    let source =
        Source { path: &path, name: &name, filter: Some(args[0]), method: Method::Recursive, expected: None };
    source.add(ev, pos)
}

fn add_path<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let input = arguments::set(ev, args[0], pos)?;
    let (mut path, mut name, mut filter, mut expected) = (None, None, None, None);
    let mut method = Method::Recursive;
    for (attribute, value, at) in input.iter() {
        match ev.heap.name(attribute) {
            "path" => path = Some((path_argument(ev, value, at)?, at)),
            // As in Nix, an empty name counts as missing.
            "name" => {
                name = Some(arguments::plain_text(ev, value, at)?.to_str_lossy().into_owned())
                    .filter(|name| !name.is_empty())
            }
            "filter" => {
                arguments::function(ev, value, at)?;
                filter = Some(value);
            }
            "recursive" => {
                method = if arguments::boolean(ev, value, at)? { Method::Recursive } else { Method::Flat }
            }
            "sha256" => {
                let text = arguments::plain_text(ev, value, at)?.to_str_lossy();
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
    check_there(ev, &path, context, at)?;
    let name = name.unwrap_or_else(|| base_name(&path));
    let path = ev.loader.resolve(&path);
    Source { path: &path, name: &name, filter, method, expected }.add(ev, pos)
}

/// Parses a hash; an empty text stands for one that the user does not know yet.
pub(super) fn parse_hash_allow_empty(text: &str, algorithm: Option<Algorithm>) -> Result<Hash, String> {
    if text.is_empty() {
        let algorithm = algorithm.ok_or("empty hash requires explicit hash algorithm")?;
        return Ok(Hash::zero(algorithm));
    }
    Hash::parse(text, algorithm)
}
