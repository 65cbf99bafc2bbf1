//! How the evaluator sees the file system: read only, through one trait.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::git::{GitError, GitRequest, GitTree};

/// What stands at a path, in the words of `builtins.readFileType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A plain file.
    Regular,
    /// A directory.
    Directory,
    /// A symbolic link (never followed here).
    Symlink,
    /// A device, socket or pipe.
    Unknown,
}

impl FileKind {
    /// The name that `builtins.readDir` gives it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::Directory => "directory",
            Self::Symlink => "symlink",
            Self::Unknown => "unknown",
        }
    }
}

/// Read access to files. Implemented by the real file system, by restricted views of it and by [`MemoryFiles`].
///
/// Paths are absolute and free of `.` and `..`. A refusal (restricted reading) is an error of kind
/// [`io::ErrorKind::PermissionDenied`].
pub trait Files {
    /// The bytes of a plain file; links are followed.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// What stands at `path` itself, a final link not followed.
    fn kind(&self, path: &Path) -> io::Result<FileKind>;
    /// The entries of a directory, in byte order of their names; links are followed.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>>;
    /// The target of a symbolic link, as written in it.
    fn read_link(&self, path: &Path) -> io::Result<PathBuf>;
    /// Whether a plain file may be executed by its owner (NAR hashing asks).
    fn is_executable(&self, path: &Path) -> io::Result<bool>;
    /// A tree of a git repository. A view that is not of all files tells nothing of it: what belongs to a repository may lie
    /// anywhere.
    fn git(&self, _request: &GitRequest<'_>) -> Result<GitTree, GitError> {
        Err(GitError::OnlyNix)
    }
}

/// A file system in memory, for tests and for texts that are built into the program.
#[derive(Debug, Default, Clone)]
pub struct MemoryFiles {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFiles {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces the file at the absolute `path`; its directories exist from then on.
    pub fn insert(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    /// The same, to be chained.
    #[must_use]
    pub fn with(mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) -> Self {
        self.insert(path, content);
        self
    }

    fn is_dir(&self, path: &Path) -> bool {
        self.files.keys().any(|file| file != path && file.starts_with(path))
    }
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl Files for MemoryFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(content) => Ok(content.clone()),
            None if self.is_dir(path) => Err(io::Error::from(io::ErrorKind::IsADirectory)),
            None => Err(not_found()),
        }
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        if self.files.contains_key(path) {
            Ok(FileKind::Regular)
        } else if self.is_dir(path) {
            Ok(FileKind::Directory)
        } else {
            Err(not_found())
        }
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        if !self.is_dir(path) {
            return Err(not_found());
        }
        let mut entries = BTreeMap::new();
        for file in self.files.keys() {
            let Ok(below) = file.strip_prefix(path) else {
                continue;
            };
            let mut components = below.components();
            let Some(first) = components.next() else {
                continue;
            };
            let kind = if components.next().is_some() { FileKind::Directory } else { FileKind::Regular };
            entries.insert(first.as_os_str().to_string_lossy().into_owned(), kind);
        }
        Ok(entries.into_iter().collect())
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.kind(path)?;
        Err(io::Error::from(io::ErrorKind::InvalidInput))
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        self.kind(path).map(|_| false)
    }
}
