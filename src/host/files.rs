//! The real file system for the evaluator: all of it, or only what lies below given roots.
//!
//! Implements [`Files`]. Nothing here writes.
//!
//! Invariant of [`RestrictedFiles`]: what is read is what was checked. A path is first opened without any effect
//! (`O_PATH`, open(2)); the kernel tells where that handle lies; and then the handle is read, not the path. So
//! replacing a symlink in between gains nothing.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc::{O_CLOEXEC, O_NOFOLLOW, O_PATH};

use crate::source::{FileKind, Files, GitError, GitRequest, GitTree};

/// All files that this user may read.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealFiles;

impl Files for RealFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(path)
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        fs::symlink_metadata(path).map(|metadata| kind(metadata.file_type()))
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        entries(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        fs::read_link(path)
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        fs::metadata(path).map(|metadata| is_executable(&metadata))
    }

    fn git(&self, request: &GitRequest<'_>) -> Result<GitTree, GitError> {
        super::git::fetch::tree(request, &RealFiles)
    }
}

/// The files below some roots, and nothing else (contract §2, *Restricted reading*). A symlink that leads out of them
/// is refused when it is followed; asking whether it is a symlink and where it leads is allowed.
#[derive(Debug, Clone)]
pub struct RestrictedFiles {
    /// The roots as given, and with all symlinks resolved.
    roots: Vec<PathBuf>,
    /// The error for everything else.
    reason: &'static str,
}

impl RestrictedFiles {
    /// Allows everything below `roots`, each an absolute path to a file or a directory. A root that does not exist
    /// allows nothing.
    pub fn new(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        let both = roots.into_iter().filter_map(|root| fs::canonicalize(&root).ok().map(|real| [root, real]));
        Self { roots: both.flatten().collect(), reason: "outside of what restricted reading allows" }
    }

    /// Allows what a flake may read (Nix's pure evaluation): everything below `roots`, and the store.
    pub fn pure(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        let reason = "access to absolute paths is forbidden in pure evaluation mode (use '--impure' to override)";
        Self { reason, ..Self::new(roots.into_iter().chain([PathBuf::from("/nix/store")])) }
    }

    fn allows(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    fn refused(&self) -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, self.reason)
    }

    /// Opens `path` only to find out where it is, and to read it through [`Handle::path`].
    fn open(&self, path: &Path, flags: i32) -> io::Result<Handle> {
        if !self.allows(path) {
            return Err(self.refused());
        }
        let file = OpenOptions::new().read(true).custom_flags(O_PATH | O_CLOEXEC | flags).open(path)?;
        let handle = Handle(file);
        if self.allows(&fs::read_link(handle.path())?) { Ok(handle) } else { Err(self.refused()) }
    }
}

/// A file opened with `O_PATH`.
struct Handle(File);

impl Handle {
    /// A path to the opened file itself, whatever its original path leads to by now (proc_pid_fd(5)).
    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }
}

impl Files for RestrictedFiles {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let handle = self.open(path, 0)?;
        // A pipe or a device is not source text, and reading one could have an effect.
        if !handle.0.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let mut content = Vec::new();
        File::open(handle.path())?.read_to_end(&mut content)?;
        Ok(content)
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        Ok(kind(self.open(path, O_NOFOLLOW)?.0.metadata()?.file_type()))
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        entries(&self.open(path, 0)?.path())
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let handle = self.open(path, O_NOFOLLOW)?;
        if !handle.0.metadata()?.is_symlink() {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        // An empty path names the handle itself (readlinkat(2)).
        nix::fcntl::readlinkat(&handle.0, "").map(PathBuf::from).map_err(io::Error::from)
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        Ok(is_executable(&self.open(path, 0)?.0.metadata()?))
    }
}

fn kind(kind: fs::FileType) -> FileKind {
    if kind.is_file() {
        FileKind::Regular
    } else if kind.is_dir() {
        FileKind::Directory
    } else if kind.is_symlink() {
        FileKind::Symlink
    } else {
        FileKind::Unknown
    }
}

fn entries(path: &Path) -> io::Result<Vec<(String, FileKind)>> {
    let entry = |entry: io::Result<fs::DirEntry>| {
        let entry = entry?;
        // A name that is not UTF-8 could not be asked for again.
        let name = entry.file_name().into_string().map_err(|name| {
            io::Error::new(io::ErrorKind::InvalidData, format!("the file name {name:?} is not UTF-8"))
        })?;
        Ok((name, kind(entry.file_type()?)))
    };
    let mut entries = fs::read_dir(path)?.map(entry).collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries)
}

fn is_executable(metadata: &Metadata) -> bool {
    metadata.mode() & 0o100 != 0
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// `in/` is allowed, `out/` is not; symlinks lead between them.
    fn tree() -> tempfile::TempDir {
        let tree = tempfile::tempdir().expect("a directory");
        let at = |path: &str| tree.path().join(path);
        for directory in ["in/sub", "out"] {
            fs::create_dir_all(at(directory)).expect("a directory");
        }
        for file in ["in/b", "in/a", "in/sub/c", "out/secret"] {
            fs::write(at(file), file).expect("a file");
        }
        for (target, link) in [
            ("../out/secret", "in/leaves"),
            ("../out", "in/directory-leaves"),
            ("sub/c", "in/stays"),
            ("nowhere", "in/dangles"),
            ("../in/a", "out/enters"),
            ("in", "alias"),
        ] {
            symlink(target, at(link)).expect("a link");
        }
        tree
    }

    #[test]
    fn a_restricted_view_ends_at_its_roots_and_says_so() {
        let tree = tree();
        let at = |path: &str| tree.path().join(path);
        // The root is given as a symlink, as a channel is.
        let files = RestrictedFiles::new([at("alias"), at("not-there")]);
        let read = |path: &str| files.read(&at(path)).map_err(|error| error.kind());
        for (path, content) in [("in/a", "in/a"), ("alias/a", "in/a"), ("in/stays", "in/sub/c")] {
            assert_eq!(read(path), Ok(content.into()), "{path}");
        }
        for path in ["in/leaves", "in/directory-leaves/secret", "out/secret", "out/enters", "not-there/x", ""] {
            assert_eq!(read(path), Err(io::ErrorKind::PermissionDenied), "{path}");
        }
        assert_eq!(read("in/dangles"), Err(io::ErrorKind::NotFound));
        assert_eq!(read("in/sub"), Err(io::ErrorKind::InvalidInput));
        assert_eq!(
            files.read_dir(&at("in/directory-leaves")).map_err(|error| error.kind()),
            Err(io::ErrorKind::PermissionDenied)
        );
    }

    #[test]
    fn both_views_agree_on_what_both_may_see() {
        let tree = tree();
        let at = |path: &str| tree.path().join(path);
        fs::set_permissions(at("in/b"), fs::Permissions::from_mode(0o755)).expect("a mode");
        let views: [&dyn Files; 2] = [&RealFiles, &RestrictedFiles::new([at("in")])];
        for view in views {
            let names = view.read_dir(&at("in")).expect("a directory");
            let names: Vec<_> = names.iter().map(|(name, kind)| format!("{name} {}", kind.as_str())).collect();
            assert_eq!(
                names.join(", "),
                "a regular, b regular, dangles symlink, directory-leaves symlink, leaves symlink, stays symlink, sub directory"
            );
            assert_eq!(view.kind(&at("in/leaves")).ok(), Some(FileKind::Symlink));
            assert_eq!(view.read_link(&at("in/leaves")).ok(), Some("../out/secret".into()));
            assert!(view.read_link(&at("in/a")).is_err());
            assert_eq!(view.is_executable(&at("in/b")).ok(), Some(true));
            assert_eq!(view.is_executable(&at("in/a")).ok(), Some(false));
            assert!(view.kind(&at("in/none")).is_err());
        }
    }
}
