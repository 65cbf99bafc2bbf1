//! Imports, search paths and path values.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::error::{EvalError, EvalResult};
use super::machine::Evaluator;
use super::value::{Attrs, TaggedValue, Thunk, Unknown, Value};
use crate::diag::{Code, Diagnostic};
use crate::source::{FileKind, Files, Pos, Span};
use crate::syntax;

/// How many symlinks to follow before assuming a cycle.
const MOST_LINKS: usize = 40;
/// The search path that nixpkgs itself looks for, under `tryEval`, to find overlays. What else is missing in our search path may
/// well be in that of the host that is meant: a channel is there under its name. This is only there where somebody has put it into
/// `NIX_PATH`, which is read here as well; as something unknown it would make packages unknown of every nixpkgs that a
/// configuration imports. So `tryEval` finds it absent, and whoever takes it without asking has something unknown.
const OVERLAYS: &str = "nixpkgs-overlays";

impl<'e> Evaluator<'e> {
    /// A path value, normalized as Nix's parser and operators do.
    pub(super) fn path_value(&self, bytes: &[u8]) -> Value<'e> {
        let path = normalise(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        self.path_in_arena(self.alloc_slice(path.as_os_str().as_bytes()))
    }

    /// Something only Nix can supply: an unknown value, or an error if unknown values are not allowed.
    #[cold]
    pub(super) fn only_nix(&self, reason: &str, span: Span) -> EvalError<'e> {
        if self.settings.unknowns {
            return self.unknown_error(self.unknown_reason(reason, span));
        }
        self.error(span, &format!("{reason}: this needs Nix"))
    }

    /// `<name>`
    pub(super) fn find_in_search_path(&mut self, name: &'e [u8], span: Span) -> EvalResult<'e, Value<'e>> {
        let text = String::from_utf8_lossy(name);
        let entries = self.settings.search_path.clone();
        self.find_in(&entries, &text, span)
    }

    /// Looks up a name in a search path: prefixes with their paths.
    pub(super) fn find_in(
        &self,
        entries: &[(String, PathBuf)],
        name: &str,
        span: Span,
    ) -> EvalResult<'e, Value<'e>> {
        for (prefix, path) in entries {
            // `..` in the name must not lead out of the entry.
            let rest = if prefix.is_empty() {
                name
            } else {
                match name.strip_prefix(prefix.as_str()) {
                    Some("") => "",
                    Some(rest) if rest.starts_with('/') => &rest[1..],
                    _ => continue,
                }
            };
            let below = normalise(Path::new(rest));
            let path = normalise(&self.settings.directory.join(path));
            let candidate = self.resolve(&path.join(below.strip_prefix("/").unwrap_or(&below)));
            if self.files.kind(&candidate).is_ok() {
                return Ok(self.path_value(candidate.as_os_str().as_bytes()));
            }
        }
        if let Some((known, path)) = &self.stand_in
            && let Some(rest) = name.strip_prefix(known.as_str())
            && (rest.is_empty() || rest.starts_with('/'))
        {
            return Ok(self.path_value(format!("{}{rest}", path.display()).as_bytes()));
        }
        if let Some(own) = name.strip_prefix("nix/") {
            let path = format!("<nix{}>", normalise(Path::new(own)).display());
            return Ok(self.path_in_arena(self.alloc_slice(path.as_bytes())));
        }
        if self.settings.unknowns {
            let reason = format!("<{name}> is not in the search path");
            if name == OVERLAYS {
                return Ok(Value::Unknown(self.bump.alloc(Unknown::absent(&reason, span))));
            }
            return Ok(self.unknown(&reason, span));
        }
        let help = "(add it using $NIX_PATH or -I)";
        Err(self.catchable(span, &format!("file '{name}' was not found in the Nix search path {help}")))
    }

    /// The text of a path, of a string that holds one, or of a set with an `outPath`.
    ///
    /// # Errors
    ///
    /// Fails if the value cannot be evaluated.
    pub fn path_text(&mut self, value: Value<'e>) -> EvalResult<'e, Option<String>> {
        let bytes = match value {
            Value::Path(path) => path.as_bytes(),
            Value::String(text) if text.as_bytes().starts_with(b"/") => text.as_bytes(),
            Value::Attrs(attrs) => {
                return match attrs.get(self.common.out_path) {
                    Some(path) => {
                        let path = self.force(path)?;
                        self.path_text(path)
                    }
                    None => Ok(None),
                };
            }
            _ => return Ok(None),
        };
        let path = normalise(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        Ok(Some(path.to_string_lossy().into_owned()))
    }

    /// Whether a path exists.
    pub fn exists(&self, path: &str) -> bool {
        self.files.kind(Path::new(path)).is_ok()
    }

    /// Whether a module certainly does not exist; a path that must not be read does not count as absent.
    pub fn is_absent(&self, path: &str) -> bool {
        let path = self.default_file(normalise(Path::new(path)));
        !self.embedded.contains_key(&path)
            && matches!(self.files.kind(&path), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
    }

    /// The file that a module at `path` is read from: a directory's `default.nix`, or the original of a copy.
    pub fn file_of_module(&self, path: &str) -> PathBuf {
        let file = self.default_file(normalise(Path::new(path)));
        self.files.original(&file).unwrap_or(file)
    }

    /// Whether a path leads into the checkout (the root of the [`SourceMap`](crate::source::SourceMap)). Follows
    /// symlinks as far as they exist. A git submodule that is not checked out belongs to another checkout.
    pub fn is_in_checkout(&self, path: &Path) -> bool {
        // `/` is not a checkout: `/host.nix` says nothing about the files in `/etc`.
        let Some(root) = self.sources.root().filter(|root| root.parent().is_some()) else { return false };
        let (path, root) = (self.resolve(path), self.resolve(&root));
        let submodules = self.read_text(&root.join(".gitmodules")).unwrap_or_default();
        let mut submodules = submodules.lines().filter_map(|line| {
            let directory = line.trim_start().strip_prefix("path")?.trim_start().strip_prefix('=')?;
            Some(root.join(directory.trim()))
        });
        let is_elsewhere = |directory: PathBuf| {
            path.starts_with(&directory)
                && self.files.read_dir(&directory).map_or(true, |entries| entries.is_empty())
        };
        path.starts_with(&root) && !submodules.any(is_elsewhere)
    }

    /// Why a path does not exist, if there is more to say, such as that git does not track it.
    pub fn why_absent(&self, path: &str) -> Option<String> {
        let path = self.default_file(normalise(Path::new(path)));
        let error = self.files.kind(&path).err()?;
        error.get_ref().map(|_| error.to_string())
    }

    /// The file that `path` stands for. Follows final symlinks, because relative paths in the file start at the
    /// target.
    fn default_file(&self, path: PathBuf) -> PathBuf {
        let mut target = path;
        for _ in 0..MOST_LINKS {
            match self.files.kind(&target) {
                Ok(FileKind::Symlink) => match self.files.read_link(&target) {
                    Ok(link) => target = normalise(&target.parent().unwrap_or(Path::new("/")).join(link)),
                    Err(_) => break,
                },
                Ok(FileKind::Directory) => return target.join("default.nix"),
                _ => break,
            }
        }
        target
    }

    /// Resolves all symlinks of an absolute path, as far as it exists.
    pub(super) fn resolve(&self, path: &Path) -> PathBuf {
        let mut resolved = PathBuf::from("/");
        let mut rest: Vec<OsString> = Vec::new();
        let add = |rest: &mut Vec<OsString>, path: &Path| {
            rest.extend(path.components().rev().map(|name| name.as_os_str().to_owned()));
        };
        add(&mut rest, path);
        let mut links = 0;
        while let Some(name) = rest.pop() {
            if name == ".." {
                resolved.pop();
                continue;
            }
            resolved.push(&name);
            if links < MOST_LINKS
                && matches!(self.files.kind(&resolved), Ok(FileKind::Symlink))
                && let Ok(target) = self.files.read_link(&resolved)
            {
                links += 1;
                resolved.pop();
                add(&mut rest, &target);
            }
        }
        resolved
    }

    /// The value of the file at `path`, imported at `pos`.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, parsed or evaluated.
    pub fn import_at(&mut self, path: &str, pos: Pos) -> EvalResult<'e, Value<'e>> {
        let path = self.default_file(normalise(Path::new(path)));
        let imported = match self.imports.get(&path) {
            Some(value) => *value,
            None if self.stand_in.as_ref().is_some_and(|(_, directory)| path.starts_with(directory)) => {
                let reason = format!("{} is not here", path.display());
                return Ok(self.unknown(&reason, self.word_span(pos)));
            }
            None => {
                let value = match self.provided_within(&path) {
                    Some(provided) => provided,
                    None => Value::Thunk(Thunk::hollow(self.bump, self.parsed(&path, pos)?)),
                };
                self.imports.insert(path, value);
                value
            }
        };
        self.force(imported)
    }

    /// The value of a file that sees the names in `scope` besides the global ones; never cached.
    pub(super) fn import_with_scope(
        &mut self,
        path: &Path,
        scope: &'e Attrs<'e>,
        pos: Pos,
    ) -> EvalResult<'e, Value<'e>> {
        let mut names = self.global_names.clone();
        for (name, value, _) in scope.iter() {
            let index = u32::try_from(self.globals.len()).expect("there is no memory for so many");
            self.globals.push(self.pack(value));
            names.insert(name, index);
        }
        let path = self.default_file(path.to_path_buf());
        let outer = std::mem::replace(&mut self.global_names, names);
        let parsed = self.parse_file(&path, pos);
        self.global_names = outer;
        self.run(parsed?, &[]).map(TaggedValue::get)
    }

    /// Makes `<name>` refer to `path`, a directory that does not exist, if the search path lacks it. Provided files
    /// there are known; everything else in it is unknown.
    pub fn set_stand_in(&mut self, name: &str, path: &str) {
        self.stand_in = Some((name.to_owned(), PathBuf::from(path)));
    }

    /// Provides the value of importing `path`.
    pub fn provide(&mut self, path: &str, value: Value<'e>) {
        self.imports.insert(PathBuf::from(path), value);
    }

    /// Provides the value of importing `file` from nixpkgs' source, in whatever directory that is.
    pub fn provide_within(&mut self, file: &'static str, value: Value<'e>) {
        self.within_nixpkgs.push((file, value));
    }

    /// The value provided for a file of nixpkgs' source. That directory is recognized by its list of modules.
    fn provided_within(&self, path: &Path) -> Option<Value<'e>> {
        self.within_nixpkgs.iter().find_map(|(file, value)| {
            let source = path.to_str()?.strip_suffix(file)?.strip_suffix('/')?;
            self.exists(&format!("{source}/nixos/modules/module-list.nix")).then_some(*value)
        })
    }

    /// A path.
    pub fn path(&self, path: &str) -> Value<'e> {
        self.path_value(path.as_bytes())
    }

    /// Whether to read what evaluates even if other parts fail.
    pub fn keeps_going(&self) -> bool {
        self.settings.keep_going
    }

    /// Enables the experimental language features among these names.
    pub fn enable_features<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        for name in names {
            match name {
                "pipe-operators" => self.settings.pipe_operators = true,
                "parse-toml-timestamps" => self.settings.toml_timestamps = true,
                _ => {}
            }
        }
    }

    /// Records a note, once.
    pub fn remark(&mut self, note: Diagnostic) {
        if !self.remarks.contains(&note) {
            self.remarks.push(note);
        }
    }

    /// Takes the findings of Nix's lints out of the evaluator.
    pub fn take_warnings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings)
    }

    /// The notes recorded so far.
    pub fn remarks(&self) -> Vec<Diagnostic> {
        self.remarks.clone()
    }

    /// Sets the function `builtins.getFlake`.
    pub fn provide_flakes(&mut self, function: Value<'e>) {
        self.flake_getter = Some(function);
    }

    /// The text of a file, if it is readable and UTF-8.
    pub fn read_text(&self, path: &Path) -> Option<String> {
        self.files.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// `joined` without `.` and `..`, or `own` if that is absolute.
    pub fn normal_path(&self, joined: &str, own: &str) -> String {
        let path = if own.starts_with('/') { own } else { joined };
        normalise(Path::new(path)).to_string_lossy().into_owned()
    }

    /// Embeds a text as the file at `path`.
    pub fn embed(&mut self, path: &str, text: &'static str) {
        self.embedded.insert(PathBuf::from(path), text);
    }

    /// The search path: prefixes, and their paths with symlinks resolved.
    pub fn search_path_entries(&self) -> Vec<(String, String)> {
        let target = |path: &Path| {
            let mut path = path.to_path_buf();
            for _ in 0..40 {
                match self.files.read_link(&path) {
                    Ok(link) => path = normalise(&path.parent().unwrap_or(Path::new("/")).join(link)),
                    Err(_) => break,
                }
            }
            path.to_string_lossy().into_owned()
        };
        self.settings.search_path.iter().map(|(prefix, path)| (prefix.clone(), target(path))).collect()
    }

    /// The code of a file, parsed once.
    pub(super) fn parsed(&mut self, path: &Path, pos: Pos) -> EvalResult<'e, &'e syntax::Unit<'e>> {
        if let Some(unit) = self.parsed.get(path) {
            return Ok(unit);
        }
        let unit = self.parse_file(path, pos)?;
        self.parsed.insert(path.to_path_buf(), unit);
        Ok(unit)
    }

    fn parse_file(&mut self, path: &Path, pos: Pos) -> EvalResult<'e, &'e syntax::Unit<'e>> {
        let unreadable = |ev: &Self, message: &str| {
            let mut diagnostic = Diagnostic::error(Code::Unreadable, message.to_owned());
            let span = ev.word_span(pos);
            if span != Span::NONE {
                diagnostic = diagnostic.at(span, "imported here");
            }
            ev.diagnostic_error(diagnostic)
        };
        let bytes = match self.embedded.get(path) {
            Some(text) => text.as_bytes().to_vec(),
            None => self.files.read(path).map_err(|error| {
                let message = match error.kind() {
                    // The error says more, such as that git does not track the file.
                    std::io::ErrorKind::NotFound if error.get_ref().is_some() => {
                        format!("path '{}' is not part of the flake: {error}", self.sources.display_name(path))
                    }
                    std::io::ErrorKind::NotFound => {
                        let shown = path.to_string_lossy();
                        let shown = if shown.starts_with("/<nix/") { &shown[1..] } else { &shown };
                        format!("path '{shown}' does not exist")
                    }
                    _ => format!("cannot read {}: {error}", self.sources.display_name(path)),
                };
                unreadable(self, &message)
            })?,
        };
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(unreadable(self, &format!("{} is not UTF-8 text", self.sources.display_name(path))));
        };
        // Show a copied file under the name of its original.
        let original = self.files.original(path);
        let name = self.sources.display_name(original.as_deref().unwrap_or(path));
        let Some(file) = self.sources.add_named(path, name, text) else {
            return Err(unreadable(self, "too many texts were read"));
        };
        self.lower_text(&file, path.parent().unwrap_or(Path::new("/")))
    }

    /// Evaluates a text as if it were the file `path`.
    ///
    /// # Errors
    ///
    /// Fails if the text does not parse or evaluate.
    pub fn eval_text(&mut self, path: &str, text: &str) -> EvalResult<'e, Value<'e>> {
        let value = self.text_value(path, Path::new(path).parent().unwrap_or(Path::new("/")), text)?;
        self.force(value)
    }
}

/// The text of a path value. A file that comes with Nix (`<nix/fetchurl.nix>`) has no leading slash, and appears to be
/// at the root.
pub(super) fn path_text(path: &[u8]) -> &[u8] {
    let own = path.strip_prefix(b"<nix").and_then(|path| path.strip_suffix(b">"));
    own.unwrap_or(path)
}

/// Removes `.` and `..` from a path as text, ignoring symlinks (Nix's `CanonPath`).
pub(super) fn normalise(path: &Path) -> PathBuf {
    let mut out = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => out.push(name),
            Component::ParentDir => {
                out.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    out
}
