//! Files, imports and the environment.

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::arguments;
use super::declare::primops;
use super::paths::{path_argument, readable_path};
use crate::eval::coerce::Coercion;
use crate::eval::error::EvalResult;
use crate::eval::evaluator::Evaluator;
use crate::eval::native::Suspend;
use crate::eval::text::Text;
use crate::eval::value::Value;
use crate::source::{FileKind, Files, Pos, Span};

primops! {
    global "baseNameOf" (path: lazy) => base_name_of;
    global "dirOf" (path: lazy) => dir_of;
    prefixed "findFile" (search_path: lazy, name: lazy) reads => find_file;
    prefixed "getEnv" (name: lazy) reads => get_env;
    global "import" (path: lazy) reads => import;
    prefixed "pathExists" (path: lazy) reads => path_exists;
    prefixed "readDir" (path: lazy) reads => read_dir;
    prefixed "readFile" (path: lazy) reads => read_file;
    prefixed "readFileType" (path: lazy) reads => read_file_type;
    global "scopedImport" (scope: lazy, path: lazy) reads => scoped_import;
    prefixed "toPath" (text: lazy) => to_path;
}

/// `builtins.currentTime`
pub(super) struct CurrentTime;

impl<'e> Suspend<'e> for CurrentTime {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        if let Some(time) = ev.settings.current_time {
            return Ok(Value::Int(time));
        }
        Err(ev.only_nix("the time is another one when Nix evaluates it", Span::NONE))
    }
}

/// The text that `baseNameOf` and `dirOf` operate on.
fn coerced<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, Text<'e>> {
    let mut text = Text::default();
    let span = ev.report.word_span(pos);
    ev.coerce_to_string(value, Coercion::PLAIN, &mut text, span)?;
    Ok(text)
}

/// `baseNameOf`: the part of a string after its last slash, ignoring a trailing one.
fn base_name_of<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let text = coerced(ev, args[0], pos)?;
    let bytes = text.bytes.strip_suffix(b"/").unwrap_or(&text.bytes);
    let start = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    Ok(ev.heap.text_with_context(&bytes[start..], text.context))
}

fn dir_of<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let value = ev.force(args[0])?;
    let text = coerced(ev, value, pos)?;
    let dir = match text.bytes.iter().rposition(|byte| *byte == b'/') {
        Some(0) => &text.bytes[..1],
        Some(slash) => &text.bytes[..slash],
        None => b".",
    };
    match value {
        Value::Path(_) => Ok(ev.heap.path_value(dir)),
        _ => Ok(ev.heap.text_with_context(dir, text.context)),
    }
}

fn get_env<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = arguments::plain_text(ev, args[0], pos)?.as_bytes();
    let value = ev.settings.environment.get(std::ffi::OsStr::from_bytes(name));
    Ok(ev.heap.bytes(value.map_or(b"", |value| value.as_bytes())))
}

fn import<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = readable_path(ev, args[0], pos)?;
    ev.import_at(&path.to_string_lossy(), pos)
}

fn scoped_import<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = readable_path(ev, args[1], pos)?;
    let scope = arguments::closed_set(ev, args[0], pos)?;
    ev.import_with_scope(&path, scope, pos)
}

fn path_exists<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let given = ev.force(args[0])?;
    let wants_directory = matches!(given, Value::String(text) if {
        text.as_bytes().ends_with(b"/") || text.as_bytes().ends_with(b"/.")
    });
    let path = readable_path(ev, given, pos)?;
    if matches!(given, Value::Path(_)) && ev.loader.embedded.contains_key(&path) {
        return Ok(Value::Bool(true));
    }
    let kind = match ev.loader.files.kind(&path) {
        Ok(FileKind::Symlink) if wants_directory => ev.loader.files.read_dir(&path).map(|_| FileKind::Directory),
        kind => kind,
    };
    match kind {
        Ok(kind) => Ok(Value::Bool(!wants_directory || kind == FileKind::Directory)),
        // In pure evaluation nothing exists outside the flake.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied && !ev.settings.pure => {
            Err(ev.loader.unreadable(&path, &error, pos))
        }
        Err(_) => Ok(Value::Bool(false)),
    }
}

fn read_dir<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = readable_path(ev, args[0], pos)?;
    let entries = ev.loader.files.read_dir(&path).map_err(|error| ev.loader.unreadable(&path, &error, pos))?;
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, kind)| (ev.heap.symbol(name), ev.heap.string(kind.as_str()), Pos::NONE))
        .collect();
    Ok(ev.heap.attrs(entries))
}

fn read_file<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = readable_path(ev, args[0], pos)?;
    let bytes = ev.loader.files.read(&path).map_err(|error| ev.loader.unreadable(&path, &error, pos))?;
    if bytes.contains(&0) {
        let message =
            format!("the contents of the file '{}' cannot be represented as a Nix string", path.display());
        return Err(ev.report.error(ev.report.word_span(pos), &message));
    }
    Ok(ev.heap.bytes(&bytes))
}

fn read_file_type<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = readable_path(ev, args[0], pos)?;
    // The only function that does not follow symlinks on the way.
    let on_the_way = path.ancestors().skip(1).filter(|directory| directory.parent().is_some());
    let links = on_the_way.filter(|directory| matches!(ev.loader.files.kind(directory), Ok(FileKind::Symlink)));
    if let Some(link) = links.last() {
        return Err(ev.report.error(ev.report.word_span(pos), &format!("path '{}' is a symlink", link.display())));
    }
    let kind = ev.loader.files.kind(&path).map_err(|error| ev.loader.unreadable(&path, &error, pos))?;
    Ok(ev.heap.string(kind.as_str()))
}

fn to_path<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (path, context) = path_argument(ev, args[0], pos)?;
    Ok(ev.heap.text_with_context(path.as_os_str().as_bytes(), context))
}

fn find_file<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let mut entries = Vec::new();
    for entry in arguments::items(ev, args[0], pos)? {
        let entry = arguments::set(ev, entry.get(), pos)?;
        let prefix = match arguments::optional(ev, entry, "prefix")? {
            Some(prefix) => arguments::plain_text(ev, prefix, pos)?.to_str_lossy().into_owned(),
            None => String::new(),
        };
        let path = arguments::required(ev, entry, "path", pos)?;
        let mut text = Text::default();
        let span = ev.report.word_span(pos);
        ev.coerce_to_string(path, Coercion::PLAIN, &mut text, span)?;
        entries.push((prefix, PathBuf::from(std::ffi::OsStr::from_bytes(&text.bytes))));
    }
    let name = arguments::plain_text(ev, args[1], pos)?.to_str_lossy();
    ev.find_in(&entries, &name, ev.report.word_span(pos))
}
