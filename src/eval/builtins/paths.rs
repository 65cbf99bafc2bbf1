//! Files, imports, the environment, and what only Nix itself can do.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{EvalResult, Evaluator, Pos, Value, primops};
use crate::eval::import::normalise;
use crate::eval::value::Suspend;
use crate::source::Span;

primops! {
    "baseNameOf" 1 base_name_of, "dirOf" 1 dir_of, "getEnv" 1 get_env, "import" 1 import, "pathExists" 1 path_exists,
    "readDir" 1 read_dir, "readFile" 1 read_file, "readFileType" 1 read_file_type, "toPath" 1 to_path,
}

/// Built-ins that need the store, the network or a builder.
pub(super) const ONLY_NIX: &[&str] = &[
    "derivation",
    "derivationStrict",
    "fetchClosure",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fetchurl",
    "filterSource",
    "findFile",
    "fromTOML",
    "getFlake",
    "hashFile",
    "path",
    "placeholder",
    "scopedImport",
    "storePath",
    "toFile",
    "toXML",
];

/// One of [`ONLY_NIX`], as a value.
pub(super) struct OnlyNix {
    pub(super) name: &'static &'static str,
}

impl<'e> Suspend<'e> for OnlyNix {
    fn resume(&self, ev: &mut Evaluator<'e>) -> EvalResult<'e, Value<'e>> {
        Err(ev.only_nix(&format!("`builtins.{}` is not evaluated here", self.name), Span::NONE))
    }
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

/// The path that a value names.
fn path_of<'e>(ev: &mut Evaluator<'e>, value: Value<'e>, pos: Pos) -> EvalResult<'e, PathBuf> {
    let bytes = match ev.force(value)? {
        Value::Path(path) => path.as_bytes(),
        Value::String(text) if text.as_bytes().starts_with(b"/") => text.as_bytes(),
        Value::String(text) => {
            let message = format!("string '{}' doesn't represent an absolute path", text.to_str_lossy());
            return Err(ev.error(ev.word_span(pos), &message));
        }
        Value::Attrs(attrs) => match attrs.get(ev.common.out_path) {
            Some(path) => return path_of(ev, path, pos),
            None => return Err(ev.error(ev.word_span(pos), "cannot coerce a set to a path")),
        },
        other => return Err(ev.type_error("a path", other, pos)),
    };
    Ok(normalise(Path::new(std::ffi::OsStr::from_bytes(bytes))))
}

fn unreadable<'e>(ev: &Evaluator<'e>, path: &Path, error: &std::io::Error, pos: Pos) -> crate::eval::EvalError<'e> {
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => format!("path '{}' does not exist", path.display()),
        _ => format!("cannot read {}: {error}", path.display()),
    };
    ev.error(ev.word_span(pos), &message)
}

/// `baseNameOf`: of a string, what follows the last slash, one at the end aside.
fn base_name_of<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let bytes = match ev.force(args[0])? {
        Value::String(text) | Value::Path(text) => text.as_bytes(),
        other => return Err(ev.type_error("a string", other, pos)),
    };
    let bytes = bytes.strip_suffix(b"/").unwrap_or(bytes);
    let start = bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    Ok(ev.bytes(&bytes[start..]))
}

fn dir_of<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let (bytes, is_path) = match ev.force(args[0])? {
        Value::String(text) => (text.as_bytes(), false),
        Value::Path(path) => (path.as_bytes(), true),
        other => return Err(ev.type_error("a string", other, pos)),
    };
    let dir = match bytes.iter().rposition(|byte| *byte == b'/') {
        Some(0) => &bytes[..1],
        Some(slash) => &bytes[..slash],
        None => b".",
    };
    Ok(if is_path { ev.path_value(dir) } else { ev.bytes(dir) })
}

fn get_env<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let name = ev.text(args[0], pos)?.to_str_lossy().into_owned();
    let value = ev.settings.environment.get(std::ffi::OsStr::new(&name));
    Ok(ev.bytes(value.map_or(b"", |value| value.as_bytes())))
}

fn import<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = path_of(ev, args[0], pos)?;
    ev.import_at(&path.to_string_lossy(), pos)
}

fn path_exists<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = path_of(ev, args[0], pos)?;
    match ev.files.kind(&path) {
        Ok(_) => Ok(Value::Bool(true)),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(unreadable(ev, &path, &error, pos))
        }
        Err(_) => Ok(Value::Bool(false)),
    }
}

fn read_dir<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = path_of(ev, args[0], pos)?;
    let entries = ev.files.read_dir(&path).map_err(|error| unreadable(ev, &path, &error, pos))?;
    let entries: Vec<_> =
        entries.iter().map(|(name, kind)| (ev.symbol(name), ev.string(kind.as_str()), Pos::NONE)).collect();
    Ok(ev.attrs(entries))
}

fn read_file<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = path_of(ev, args[0], pos)?;
    let bytes = ev.files.read(&path).map_err(|error| unreadable(ev, &path, &error, pos))?;
    Ok(ev.bytes(&bytes))
}

fn read_file_type<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = path_of(ev, args[0], pos)?;
    let kind = ev.files.kind(&path).map_err(|error| unreadable(ev, &path, &error, pos))?;
    Ok(ev.string(kind.as_str()))
}

fn to_path<'e>(ev: &mut Evaluator<'e>, args: &[Value<'e>], pos: Pos) -> EvalResult<'e, Value<'e>> {
    let path = path_of(ev, args[0], pos)?;
    Ok(ev.bytes(path.as_os_str().as_bytes()))
}
