//! The files that an evaluation reads, and what it imported.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::error::EvalError;
use super::paths::normalise;
use super::report::Reporter;
use super::value::Value;
use crate::code::expr::Unit;
use crate::source::{FileKind, Files, MountedFiles, Pos};

/// How many symlinks to follow before assuming a cycle.
const MOST_LINKS: usize = 40;

/// Finds files, and holds what was imported.
pub struct Loader<'e> {
    pub(super) files: Rc<MountedFiles<'e>>,
    report: Reporter<'e>,
    /// The search path of `<name>`: prefixes with their paths.
    pub(super) search_path: Vec<(String, PathBuf)>,
    /// The directory that relative entries of the search path start from.
    pub(super) directory: PathBuf,
    pub(super) imports: FxHashMap<PathBuf, Value<'e>>,
    pub(super) parsed: FxHashMap<PathBuf, &'e Unit<'e>>,
    pub(super) embedded: FxHashMap<PathBuf, &'static str>,
    /// What `<name>` refers to if the search path lacks it.
    pub(super) stand_in: Option<(String, PathBuf)>,
    /// Provided values for files of nixpkgs' source, wherever it is.
    within_nixpkgs: Vec<(&'static str, Value<'e>)>,
    /// The function `builtins.getFlake`, if flakes are evaluated.
    pub(super) flake_getter: Option<Value<'e>>,
}

impl<'e> Loader<'e> {
    /// A loader that reads through `files`.
    pub(super) fn new(
        files: &'e (dyn Files + 'e),
        report: Reporter<'e>,
        search_path: Vec<(String, PathBuf)>,
        directory: PathBuf,
    ) -> Self {
        Self {
            files: Rc::new(MountedFiles::new(files)),
            report,
            search_path,
            directory,
            imports: FxHashMap::default(),
            parsed: FxHashMap::default(),
            embedded: FxHashMap::default(),
            stand_in: None,
            within_nixpkgs: Vec::new(),
            flake_getter: None,
        }
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
        let Some(root) = self.report.sources.root().filter(|root| root.parent().is_some()) else { return false };
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
    pub(super) fn default_file(&self, path: PathBuf) -> PathBuf {
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

    /// Sets the function `builtins.getFlake`.
    pub fn provide_flakes(&mut self, function: Value<'e>) {
        self.flake_getter = Some(function);
    }

    /// The value provided for a file of nixpkgs' source. That directory is recognized by its list of modules.
    pub(super) fn provided_within(&self, path: &Path) -> Option<Value<'e>> {
        self.within_nixpkgs.iter().find_map(|(file, value)| {
            let source = path.to_str()?.strip_suffix(file)?.strip_suffix('/')?;
            self.exists(&format!("{source}/nixos/modules/module-list.nix")).then_some(*value)
        })
    }

    /// The text of a file, if it is readable and UTF-8.
    pub fn read_text(&self, path: &Path) -> Option<String> {
        self.files.read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// The error of reading `path`, in Nix's words.
    pub(super) fn unreadable(&self, path: &Path, error: &std::io::Error, pos: Pos) -> EvalError<'e> {
        let message = match error.kind() {
            std::io::ErrorKind::NotFound => {
                format!("path '{}' does not exist", self.resolve(path).display())
            }
            std::io::ErrorKind::IsADirectory => String::from("read of 4096 bytes: Is a directory"),
            std::io::ErrorKind::NotADirectory if self.files.kind(path).is_err() => {
                format!("path '{}' does not exist", self.resolve(path).display())
            }
            std::io::ErrorKind::NotADirectory => format!("cannot read directory {path:?}: Not a directory"),
            std::io::ErrorKind::Unsupported => format!("file '{}' has an unsupported type", path.display()),
            _ => format!("cannot read {}: {error}", path.display()),
        };
        self.report.error(self.report.word_span(pos), &message)
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
        self.search_path.iter().map(|(prefix, path)| (prefix.clone(), target(path))).collect()
    }
}
