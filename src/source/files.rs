//! The file system as the evaluator sees it: read only, through one trait.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The type of a file, in the words of `builtins.readFileType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory.
    Directory,
    /// A symlink (which the query did not follow).
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

/// Read access to files, implemented by the real file system, by restricted views of it and by [`MemoryFiles`].
///
/// Paths are absolute, without `.` and `..`. A file that restricted reading forbids is an error of kind
/// [`io::ErrorKind::PermissionDenied`].
///
/// # Errors
///
/// Every method fails as the system call behind it does.
pub trait Files {
    /// The bytes of a regular file; follows symlinks.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;
    /// The type of `path` itself; does not follow a final symlink.
    fn kind(&self, path: &Path) -> io::Result<FileKind>;
    /// The entries of a directory, sorted by the bytes of their names; follows symlinks.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>>;
    /// The target of a symlink, verbatim.
    fn read_link(&self, path: &Path) -> io::Result<PathBuf>;
    /// Whether a regular file's owner may execute it (NAR hashing asks).
    fn is_executable(&self, path: &Path) -> io::Result<bool>;
    /// A tree of a git repository. Restricted views return [`GitError::OnlyNix`]: a repository's objects may be
    /// anywhere on the disk.
    fn git(&self, _request: &GitRequest<'_>) -> Result<GitTree, GitError> {
        Err(GitError::OnlyNix)
    }
}

/// A tree to read from a repository: a revision, or the work tree if the request names none.
#[derive(Debug, Clone, Copy)]
pub struct GitRequest<'a> {
    /// The absolute path of the repository's top directory.
    pub repository: &'a Path,
    /// A branch, a tag or another name of a commit.
    pub reference: Option<&'a str>,
    /// A commit, by its hash.
    pub revision: Option<&'a str>,
    /// Whether a shallow clone will do; its commits are then not counted.
    pub shallow: bool,
}

/// The requested tree.
pub struct GitTree {
    /// Reads the tree below `top`.
    pub files: Rc<dyn Files>,
    /// The directory that holds the tree.
    pub top: PathBuf,
    /// The commit that the tree is, or started from if it has changes; `None` before the first commit.
    pub commit: Option<String>,
    /// Whether the tree differs from that commit.
    pub changed: bool,
    /// How many commits its history has.
    pub count: i64,
    /// The commit's time, in seconds since the epoch.
    pub time: i64,
}

/// Why a tree is unavailable.
#[derive(Debug)]
pub enum GitError {
    /// Only Nix can tell.
    OnlyNix,
    /// The request fails, with Nix's message.
    Failed(String),
}

/// A file system in memory, for tests and for texts that are built into the program.
///
/// # Examples
///
/// ```
/// use std::path::Path;
/// use container_rebuild::source::{Files, MemoryFiles};
///
/// let files = MemoryFiles::new().with("/etc/nixos/host.nix", "{ }");
/// assert_eq!(files.read(Path::new("/etc/nixos/host.nix"))?, b"{ }");
/// assert_eq!(files.read_dir(Path::new("/etc"))?[0].0, "nixos");
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Default, Clone)]
pub struct MemoryFiles {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl MemoryFiles {
    /// An empty file system.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds or replaces the file at the absolute `path`; its parent directories then exist too.
    pub fn insert(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    /// [`Self::insert`] for method chains.
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
