//! Files with trees that appear among them while they are read, as Nix puts them into the store.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::files::{FileKind, Files};
use super::git::{GitError, GitRequest, GitTree};

/// Some files, and what was put among them.
pub struct MountedFiles<'a> {
    around: &'a dyn Files,
    mounts: RefCell<Vec<Mount>>,
}

#[derive(Clone)]
struct Mount {
    at: PathBuf,
    files: Rc<dyn Files>,
    top: PathBuf,
}

impl<'a> MountedFiles<'a> {
    /// Nothing but `around`.
    pub fn new(around: &'a dyn Files) -> Self {
        Self { around, mounts: RefCell::default() }
    }

    /// Lets what `files` has below `top` be below `at`.
    pub fn mount(&self, at: &Path, files: Rc<dyn Files>, top: PathBuf) {
        self.mounts.borrow_mut().push(Mount { at: at.to_path_buf(), files, top });
    }

    fn look<T>(&self, path: &Path, look: impl FnOnce(&dyn Files, &Path) -> io::Result<T>) -> io::Result<T> {
        let mounts = self.mounts.borrow();
        let found = mounts.iter().find_map(|mount| Some((mount.clone(), path.strip_prefix(&mount.at).ok()?)));
        drop(mounts);
        match found {
            // A path that ends in a slash would have to be a folder.
            Some((mount, below)) if below.as_os_str().is_empty() => look(&*mount.files, &mount.top),
            Some((mount, below)) => look(&*mount.files, &mount.top.join(below)),
            None => look(self.around, path),
        }
    }
}

impl Files for MountedFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.look(path, |files, path| files.read(path))
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        self.look(path, |files, path| files.kind(path))
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        self.look(path, |files, path| files.read_dir(path))
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.look(path, |files, path| files.read_link(path))
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        self.look(path, |files, path| files.is_executable(path))
    }

    fn git(&self, request: &GitRequest<'_>) -> Result<GitTree, GitError> {
        self.around.git(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemoryFiles;

    #[test]
    fn a_tree_appears_where_it_is_mounted_and_nowhere_else() {
        let around = MemoryFiles::new().with("/a", "around");
        let files = MountedFiles::new(&around);
        assert!(files.kind(Path::new("/store/x")).is_err());
        files.mount(Path::new("/store/x"), Rc::new(MemoryFiles::new().with("/top/b", "mounted")), "/top".into());
        assert_eq!(files.read(Path::new("/store/x/b")).expect("it is there"), b"mounted");
        assert_eq!(files.kind(Path::new("/store/x")).expect("it is there"), FileKind::Directory);
        assert_eq!(files.read(Path::new("/a")).expect("it is there"), b"around");
        assert!(files.kind(Path::new("/store/xb")).is_err());
    }
}
