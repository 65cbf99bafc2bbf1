//! Files: imports, search paths and path values.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::error::{EvalError, EvalResult};
use super::machine::Evaluator;
use super::value::{Attrs, TaggedValue, Thunk, Unknown, Value};
use crate::diag::{Code, Diagnostic};
use crate::source::{FileKind, Files, Pos, Span};
use crate::syntax;

/// More links than that are a circle.
const MOST_LINKS: usize = 40;
/// The search path that nixpkgs itself looks for, under `tryEval`, to find overlays. What else is missing in our search path may
/// well be in that of the host that is meant: a channel is there under its name. This is only there where somebody has put it into
/// `NIX_PATH`, which is read here as well; as something unknown it would make packages unknown of every nixpkgs that a
/// configuration imports. So `tryEval` finds it absent, and whoever takes it without asking has something unknown.
const OVERLAYS: &str = "nixpkgs-overlays";

impl<'e> Evaluator<'e> {
    /// A path value: normalised, as Nix's parser and its operators make it.
    pub(super) fn path_value(&self, bytes: &[u8]) -> Value<'e> {
        let path = normalise(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        self.path_in_arena(self.alloc_slice(path.as_os_str().as_bytes()))
    }

    /// What only Nix itself can give: unknown here, or an error where nothing may be unknown.
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

    /// A name looked up in a search path: prefixes, and the paths that they stand for.
    pub(super) fn find_in(
        &self,
        entries: &[(String, PathBuf)],
        name: &str,
        span: Span,
    ) -> EvalResult<'e, Value<'e>> {
        for (prefix, path) in entries {
            // Nothing leads out of where the prefix stands for.
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

    /// The file that a module or an import names: a path, or a string that is one; a directory stands for its
    /// `default.nix`.
    pub fn module_path(&mut self, value: Value<'e>) -> EvalResult<'e, Option<String>> {
        let bytes = match value {
            Value::Path(path) => path.as_bytes(),
            Value::String(text) if text.as_bytes().starts_with(b"/") => text.as_bytes(),
            _ => return Ok(None),
        };
        let path = normalise(Path::new(std::ffi::OsStr::from_bytes(bytes)));
        Ok(Some(self.default_file(path).to_string_lossy().into_owned()))
    }

    /// The text of a path, of a string that is one, or of a set that has one (`outPath`).
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

    /// Whether something stands at a path.
    pub fn exists(&self, path: &str) -> bool {
        self.files.kind(Path::new(path)).is_ok()
    }

    /// Whether no module stands at a path; what may not be looked at does not count as absent.
    pub fn is_absent(&self, path: &str) -> bool {
        let path = self.default_file(normalise(Path::new(path)));
        !self.embedded.contains_key(&path)
            && matches!(self.files.kind(&path), Err(error) if error.kind() == std::io::ErrorKind::NotFound)
    }

    /// The file that a module at `path` is read from: of a directory its `default.nix`, of a copy the original.
    pub fn file_of_module(&self, path: &str) -> PathBuf {
        let file = self.default_file(normalise(Path::new(path)));
        self.files.original(&file).unwrap_or(file)
    }

    /// Whether a path leads into the checkout (the root of the [`SourceMap`](crate::source::SourceMap)). Symlinks on the way
    /// are followed as far as something is there. A submodule of git that is not checked out is another checkout.
    pub fn is_in_checkout(&self, path: &Path) -> bool {
        // The root of all is no checkout: `/host.nix` says nothing of what is in `/etc`.
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

    /// What is known of a path at which nothing stands, such as that it is not tracked by git.
    pub fn why_absent(&self, path: &str) -> Option<String> {
        let path = self.default_file(normalise(Path::new(path)));
        let error = self.files.kind(&path).err()?;
        error.get_ref().map(|_| error.to_string())
    }

    /// The file that `path` stands for: links at its end are followed, as what the file names is beside their target.
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

    /// An absolute path with all links on its way and at its end followed, as far as something is there.
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

    /// The value of the file at `path`, imported from `pos`.
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

    /// The value of a file that sees `scope` besides the global names; evaluated anew each time.
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

    /// Lets `<name>`, where it is nowhere, and what else names it be `path`, a directory that nobody has: what is provided
    /// there is known, and all else in it is unknown.
    pub fn set_stand_in(&mut self, name: &str, path: &str) {
        self.stand_in = Some((name.to_owned(), PathBuf::from(path)));
    }

    /// Says what an import of `path` gives.
    pub fn provide(&mut self, path: &str, value: Value<'e>) {
        self.imports.insert(PathBuf::from(path), value);
    }

    /// Says what an import of `file` gives in whatever directory is nixpkgs' source.
    pub fn provide_within(&mut self, file: &'static str, value: Value<'e>) {
        self.within_nixpkgs.push((file, value));
    }

    /// What was provided for a file of nixpkgs' source, which is known by its list of modules.
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

    /// Whether what evaluates of a configuration is read though something else fails.
    pub fn keeps_going(&self) -> bool {
        self.settings.keep_going
    }

    /// Enables the experimental features of the language that are among these.
    pub fn enable_features<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        for name in names {
            match name {
                "pipe-operators" => self.settings.pipe_operators = true,
                "parse-toml-timestamps" => self.settings.toml_timestamps = true,
                _ => {}
            }
        }
    }

    /// Keeps a note of something that was met on the way, once.
    pub fn remark(&mut self, note: Diagnostic) {
        if !self.remarks.contains(&note) {
            self.remarks.push(note);
        }
    }

    /// What Nix's lints found in the texts that were read; it is given once.
    pub fn take_warnings(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.warnings)
    }

    /// The notes that were kept.
    pub fn remarks(&self) -> Vec<Diagnostic> {
        self.remarks.clone()
    }

    /// Makes `function` what `builtins.getFlake` is.
    pub fn provide_flakes(&mut self, function: Value<'e>) {
        self.flake_getter = Some(function);
    }

    /// The text of a file, if it can be read.
    pub fn read_text(&self, path: &Path) -> Option<String> {
        self.files.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// The path `joined` without `.` and `..`; `own` instead where that is absolute.
    pub fn normal_path(&self, joined: &str, own: &str) -> String {
        let path = if own.starts_with('/') { own } else { joined };
        normalise(Path::new(path)).to_string_lossy().into_owned()
    }

    /// Puts a text of the program's own where files are looked for.
    pub fn embed(&mut self, path: &str, text: &'static str) {
        self.embedded.insert(PathBuf::from(path), text);
    }

    /// The search path as it leads from here: prefixes, and the paths behind all links.
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

    /// The code of a file, which is read once.
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
                    // Somebody knows more of it, such as that git does not track it.
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
        // What was copied is shown where it was written.
        let original = self.files.original(path);
        let name = self.sources.display_name(original.as_deref().unwrap_or(path));
        let Some(file) = self.sources.add_named(path, name, text) else {
            return Err(unreadable(self, "too many texts were read"));
        };
        self.lower_text(&file, path.parent().unwrap_or(Path::new("/")))
    }

    /// Evaluates a text as if it stood in the file `path`.
    pub fn eval_text(&mut self, path: &str, text: &str) -> EvalResult<'e, Value<'e>> {
        let value = self.text_value(path, Path::new(path).parent().unwrap_or(Path::new("/")), text)?;
        self.force(value)
    }
}

/// What a path value is as a text. One of the files that Nix brings along (`<nix/fetchurl.nix>`) begins with no slash, and is
/// seen as if it lay at the root.
pub(super) fn path_text(path: &[u8]) -> &[u8] {
    let own = path.strip_prefix(b"<nix").and_then(|path| path.strip_suffix(b">"));
    own.unwrap_or(path)
}

/// The path without `.` and `..`, which are taken off as text: links do not matter (Nix's `CanonPath`).
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
