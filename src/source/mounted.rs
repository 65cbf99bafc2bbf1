//! Files in which trees appear during an evaluation, the way Nix adds them to the store.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::files::{FileKind, Files, GitError, GitRequest, GitTree};

/// As many symlinks in a row as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Underlying files, with trees and copies mounted over them.
pub struct MountedFiles<'a> {
    around: &'a dyn Files,
    mounts: RefCell<HashMap<PathBuf, Mount>>,
}

#[derive(Clone)]
enum Mount {
    /// The contents of the directory `top` of other files.
    Tree { files: Rc<dyn Files>, top: PathBuf },
    /// A copy of `from`; if `kept` is given, only those paths below it exist.
    Copy { from: PathBuf, kept: Option<Rc<BTreeSet<PathBuf>>> },
}

/// Where a path is really read from.
enum Real {
    Around(PathBuf),
    Tree(Rc<dyn Files>, PathBuf),
}

impl<'a> MountedFiles<'a> {
    /// Nothing mounted yet.
    pub fn new(around: &'a dyn Files) -> Self {
        Self { around, mounts: RefCell::default() }
    }

    /// Makes the contents of the directory `top` of `files` appear at `at`.
    pub fn mount(&self, at: &Path, files: Rc<dyn Files>, top: PathBuf) {
        self.mounts.borrow_mut().entry(at.to_path_buf()).or_insert(Mount::Tree { files, top });
    }

    /// Makes a copy of `from` appear at `at`. Below it only the paths in `kept`, relative to it, exist; without
    /// `kept`, all of them do.
    pub fn copy(&self, at: &Path, from: &Path, kept: Option<BTreeSet<PathBuf>>) {
        // Resolve a copy of a copy to its original once, so that lookups need not go through both.
        let (from, kept) = match self.find(from) {
            Some((Mount::Copy { from, kept: around }, _, below)) => {
                let inside = |kept: Rc<BTreeSet<PathBuf>>| {
                    let paths = kept.iter().filter_map(|path| path.strip_prefix(&below).ok());
                    paths.map(Path::to_path_buf).collect()
                };
                (joined(&from, &below), kept.or_else(|| around.map(inside)))
            }
            _ => (from.to_path_buf(), kept),
        };
        let copy = Mount::Copy { from, kept: kept.map(Rc::new) };
        self.mounts.borrow_mut().entry(at.to_path_buf()).or_insert(copy);
    }

    /// The original of a copied file; `None` if `path` is not in a copy.
    pub fn original(&self, path: &Path) -> Option<PathBuf> {
        match self.find(path)? {
            (Mount::Copy { from, .. }, _, below) => Some(joined(&from, &below)),
            (Mount::Tree { .. }, ..) => None,
        }
    }

    /// The mount that contains `path`, its mount point, and the rest of the path.
    fn find(&self, path: &Path) -> Option<(Mount, PathBuf, PathBuf)> {
        let mounts = self.mounts.borrow();
        if mounts.is_empty() {
            return None;
        }
        path.ancestors().find_map(|at| {
            let below = path.strip_prefix(at).ok()?;
            Some((mounts.get(at)?.clone(), at.to_path_buf(), below.to_path_buf()))
        })
    }

    /// The path that `path` is really read from. Symlinks in a copy are resolved relative to the copy, so they are
    /// followed here; a final one only if `follow` is set.
    fn real(&self, path: &Path, follow: bool) -> io::Result<Real> {
        let mut path = path.to_path_buf();
        for _ in 0..MOST_LINKS {
            let (at, from, kept, below) = match self.find(&path) {
                None => return Ok(Real::Around(path)),
                Some((Mount::Tree { files, top }, _, below)) => return Ok(Real::Tree(files, joined(&top, &below))),
                Some((Mount::Copy { from, kept }, at, below)) => (at, from, kept, below),
            };
            match self.link_on_the_way(&from, kept.as_deref(), &below, follow)? {
                None => return Ok(Real::Around(joined(&from, &below))),
                Some((link, target)) => {
                    let around = joined(&at, &link).parent().map(Path::to_path_buf).unwrap_or_default();
                    let rest = below.strip_prefix(&link).unwrap_or(Path::new(""));
                    path = normal(&around.join(target).join(rest));
                }
            }
        }
        Err(io::Error::from(io::ErrorKind::NotFound))
    }

    /// The first symlink along `below` in the copy of `from`, and its target.
    fn link_on_the_way(
        &self,
        from: &Path,
        kept: Option<&BTreeSet<PathBuf>>,
        below: &Path,
        follow: bool,
    ) -> io::Result<Option<(PathBuf, PathBuf)>> {
        let mut on_the_way: Vec<&Path> = below.ancestors().collect();
        on_the_way.reverse();
        for link in on_the_way {
            if !link.as_os_str().is_empty() && kept.is_some_and(|kept| !kept.contains(link)) {
                return Err(io::Error::from(io::ErrorKind::NotFound));
            }
            if link == below && !follow {
                break;
            }
            let real = joined(from, link);
            if self.around.kind(&real)? == FileKind::Symlink {
                return Ok(Some((link.to_path_buf(), self.around.read_link(&real)?)));
            }
        }
        Ok(None)
    }

    fn look<T>(
        &self,
        path: &Path,
        follow: bool,
        look: impl FnOnce(&dyn Files, &Path) -> io::Result<T>,
    ) -> io::Result<T> {
        match self.real(path, follow)? {
            Real::Around(path) => look(self.around, &path),
            Real::Tree(files, path) => look(&*files, &path),
        }
    }
}

/// Like [`Path::join`], but an empty `below` does not add a trailing slash.
fn joined(path: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { path.to_path_buf() } else { path.join(below) }
}

fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => out.push(name),
            Component::ParentDir => {
                out.pop();
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    out
}

impl Files for MountedFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.look(path, true, |files, path| files.read(path))
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        self.look(path, false, |files, path| files.kind(path))
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let mut entries = self.look(path, true, |files, path| files.read_dir(path))?;
        if let Some((Mount::Copy { kept: Some(kept), .. }, _, below)) = self.find(path) {
            entries.retain(|(name, _)| kept.contains(&below.join(name)));
        }
        Ok(entries)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.look(path, false, |files, path| files.read_link(path))
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        self.look(path, true, |files, path| files.is_executable(path))
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

    #[test]
    fn a_copy_has_what_was_kept_of_its_original() {
        let around = MemoryFiles::new().with("/src/a/b", "1").with("/src/a/c", "2").with("/src/d", "3");
        let files = MountedFiles::new(&around);
        files.copy(Path::new("/store/all"), Path::new("/src"), None);
        let kept = BTreeSet::from(["a", "a/b"].map(PathBuf::from));
        files.copy(Path::new("/store/some"), Path::new("/store/all"), Some(kept));
        files.copy(Path::new("/store/inner"), Path::new("/store/some/a"), None);
        let read = |path: &str| files.read(Path::new(path)).ok();
        assert_eq!(read("/store/all/d").as_deref(), Some(&b"3"[..]));
        assert_eq!(read("/store/some/a/b").as_deref(), Some(&b"1"[..]));
        assert_eq!(read("/store/inner/b").as_deref(), Some(&b"1"[..]));
        assert_eq!((read("/store/some/a/c"), read("/store/some/d"), read("/store/inner/c")), (None, None, None));
        assert_eq!(files.original(Path::new("/store/inner/b")), Some(PathBuf::from("/src/a/b")));
        assert_eq!(files.original(Path::new("/src/d")), None);
        let names = |path: &str| files.read_dir(Path::new(path)).map(|entries| entries.len()).unwrap_or_default();
        assert_eq!((names("/store/all"), names("/store/some"), names("/store/inner")), (2, 1, 1));
    }
}
