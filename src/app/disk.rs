//! The file systems and git repositories that a configuration is read from, and its files that users let us change.

use std::io;
use std::path::{Path, PathBuf};

use crate::source::{Files, RevisionError, Tracked};

/// Where configurations come from, and other files of the user. A relative path is relative to the current directory.
pub trait Disk {
    /// All files that this user may read.
    fn files(&self) -> &dyn Files;
    /// [`Self::files`], as a view of their own.
    fn all(&self) -> Box<dyn Files>;
    /// The files below `roots` and nothing else (contract §2, *Restricted reading*).
    fn restricted(&self, roots: Vec<PathBuf>) -> Box<dyn Files>;
    /// What a flake may read: the files below `roots`, and the store.
    fn pure(&self, roots: Vec<PathBuf>) -> Box<dyn Files>;
    /// Runs `work` with the permissions of the user who ran sudo, if that is how this program was started.
    ///
    /// # Errors
    ///
    /// If the kernel refuses to change users; `work` was not run then.
    fn as_invoker(&self, work: &mut dyn FnMut()) -> Result<(), Box<dyn std::error::Error>>;
    /// Whether `path` exists; follows symlinks.
    fn exists(&self, path: &Path) -> bool;
    /// Whether `path` is a directory; follows symlinks.
    fn is_directory(&self, path: &Path) -> bool;
    /// Writes a file of the user, or replaces its content.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()>;
    /// Replaces the text of a file of the user atomically, keeping its owner and permissions. Changes nothing unless its
    /// text is `from`.
    ///
    /// # Errors
    ///
    /// If the file has another text, is not a regular file, or cannot be written.
    fn replace(&self, path: &Path, from: &str, to: &str) -> io::Result<()>;
    /// The path without symlinks; `None` if it does not exist.
    fn canonicalize(&self, path: &Path) -> Option<PathBuf>;
    /// The files that git tracks in the work tree `top`; `None` without a repository.
    fn tracked(&self, top: &Path) -> Option<Tracked>;
    /// The commit that the work tree `top` is at, with `-dirty` if tracked files differ from it; `None` without a commit, or
    /// if it cannot be read.
    fn head(&self, top: &Path) -> Option<String>;
    /// The files of the revision `name` (gitrevisions(7)) of the work tree `top`; what is not below `top` is read
    /// through `outside`.
    ///
    /// # Errors
    ///
    /// If the repository has no such revision, or cannot be read.
    fn revision(&self, top: &Path, name: &str, outside: Box<dyn Files>) -> Result<Box<dyn Files>, RevisionError>;
}

/// The top level of the git work tree that contains `file`.
pub(super) fn git_top_level(disk: &dyn Disk, file: &Path) -> Option<PathBuf> {
    let is_top = |directory: &&Path| disk.exists(&directory.join(".git"));
    file.ancestors().skip(1).find(is_top).map(Path::to_path_buf)
}

/// What the restricted evaluation of `file` may read: the git work tree that contains it, or its directory.
pub(super) fn readable_around(disk: &dyn Disk, file: &Path) -> PathBuf {
    git_top_level(disk, file).or_else(|| file.parent().map(Path::to_path_buf)).unwrap_or_default()
}

/// The target of a path that is not in a git work tree, but a symlink into one, as `/etc/nixos` may be.
pub(super) fn in_work_tree(disk: &dyn Disk, path: &Path) -> Option<PathBuf> {
    let holds = |path: &Path| path.ancestors().any(|directory| disk.exists(&directory.join(".git")));
    disk.canonicalize(path).filter(|real| !holds(path) && holds(real))
}
