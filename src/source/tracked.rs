//! The paths of a work tree that git tracks.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// File paths relative to the work tree. A repository may track a hundred thousand files, so they are stored as bytes,
/// sorted, and shared.
#[derive(Debug, Clone)]
pub struct Tracked(Rc<[Vec<u8>]>);

impl Tracked {
    /// Whether `path` is a tracked file.
    pub fn contains(&self, path: &Path) -> bool {
        self.0.binary_search_by(|file| file.as_slice().cmp(path.as_os_str().as_bytes())).is_ok()
    }

    /// Whether `path` is a tracked file or a directory that contains one.
    pub fn has(&self, path: &Path) -> bool {
        let path = path.as_os_str().as_bytes();
        let directory = [path, b"/"].concat();
        let below = self.0.partition_point(|file| file.as_slice() < directory.as_slice());
        path.is_empty()
            || self.0.get(below).is_some_and(|file| file.starts_with(&directory))
            || self.0.binary_search_by(|file| file.as_slice().cmp(path)).is_ok()
    }
}

impl FromIterator<PathBuf> for Tracked {
    fn from_iter<I: IntoIterator<Item = PathBuf>>(paths: I) -> Self {
        let mut paths: Vec<_> = paths.into_iter().map(|path| path.into_os_string().into_encoded_bytes()).collect();
        // The index is already sorted, except for submodules.
        paths.sort_unstable();
        paths.dedup();
        Self(paths.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_the_directories_around_them_are_there() {
        let tracked: Tracked = ["a/b.nix", "a.nix", "a-b/c/d", "ab"].map(PathBuf::from).into_iter().collect();
        for path in ["", "a", "a/b.nix", "a.nix", "a-b", "a-b/c", "a-b/c/d", "ab"] {
            assert!(tracked.has(Path::new(path)), "{path}");
        }
        for path in ["a/b", "a/b.ni", "a-", "b", "a-b/c/d/e", "abc"] {
            assert!(!tracked.has(Path::new(path)), "{path}");
        }
        assert!(tracked.contains(Path::new("ab")) && !tracked.contains(Path::new("a")));
    }
}
