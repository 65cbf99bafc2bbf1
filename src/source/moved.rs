//! A work tree as it appears in the store: at another path, and limited to the files that git tracks.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::files::{FileKind, Files};
use super::tracked::Tracked;

/// As many symlinks in a row as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Files in which one directory appears at another path.
pub struct MovedFiles<'a> {
    inner: &'a dyn Files,
    /// The real path of the directory.
    directory: PathBuf,
    /// The path at which it appears.
    seen: PathBuf,
    /// The paths in it that are visible; `None` for all.
    tracked: Option<Tracked>,
}

impl<'a> MovedFiles<'a> {
    /// Makes `directory` of `inner` appear at `seen`. If `tracked` is given, only those files in it are visible.
    pub fn new(
        inner: &'a dyn Files,
        directory: impl Into<PathBuf>,
        seen: impl Into<PathBuf>,
        tracked: Option<Tracked>,
    ) -> Self {
        Self { inner, directory: directory.into(), seen: seen.into(), tracked }
    }

    /// The real path of `path`.
    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        let Ok(below) = path.strip_prefix(&self.seen) else { return Ok(path.to_path_buf()) };
        let real = self.directory.join(below);
        match &self.tracked {
            Some(tracked) if !self.is_there(tracked, below)? => match self.inner.kind(&real) {
                Ok(_) => {
                    let message = format!(
                        "it is not tracked by git; run `git add {}` to make it part of the flake",
                        below.display()
                    );
                    Err(io::Error::new(io::ErrorKind::NotFound, message))
                }
                Err(error) => Err(error),
            },
            _ => Ok(real),
        }
    }

    /// Whether a path leads to something tracked; follows symlinks inside the tree.
    fn is_there(&self, tracked: &Tracked, below: &Path) -> io::Result<bool> {
        let mut rest = below.to_path_buf();
        for _ in 0..MOST_LINKS {
            if tracked.has(&rest) {
                return Ok(true);
            }
            // A symlink on the way: its target decides.
            let link = rest.ancestors().skip(1).find(|around| tracked.contains(around));
            let Some(link) = link.map(Path::to_path_buf) else { return Ok(false) };
            // It may also be a submodule that is not checked out.
            if self.inner.kind(&self.directory.join(&link))? != FileKind::Symlink {
                return Ok(false);
            }
            let target = self.inner.read_link(&self.directory.join(&link))?;
            if target.is_absolute() {
                return Ok(true);
            }
            let tail = rest.strip_prefix(&link).unwrap_or(Path::new("")).to_path_buf();
            rest = normal(&link.parent().unwrap_or(Path::new("")).join(target).join(tail));
        }
        Ok(false)
    }
}

fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
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

impl Files for MovedFiles<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.inner.read(&self.real(path)?)
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        self.inner.kind(&self.real(path)?)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        let mut entries = self.inner.read_dir(&self.real(path)?)?;
        if let (Some(tracked), Ok(below)) = (&self.tracked, path.strip_prefix(&self.seen)) {
            entries.retain(|(name, _)| tracked.has(&below.join(name)));
        }
        Ok(entries)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let target = self.inner.read_link(&self.real(path)?)?;
        // A symlink into the directory must lead to where the directory appears.
        Ok(match target.strip_prefix(&self.directory) {
            Ok(below) => self.seen.join(below),
            Err(_) => target,
        })
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        self.inner.is_executable(&self.real(path)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemoryFiles;

    #[test]
    fn only_what_is_tracked_is_there_and_the_rest_says_how() {
        let files = MemoryFiles::new().with("/work/a/b.nix", "1").with("/work/c.nix", "2").with("/else", "3");
        let tracked = Tracked::from_iter([PathBuf::from("a/b.nix")]);
        let moved = MovedFiles::new(&files, "/work", "/nix/store/x", Some(tracked));
        assert_eq!(moved.read(Path::new("/nix/store/x/a/b.nix")).expect("it is tracked"), b"1");
        assert_eq!(moved.read(Path::new("/else")).expect("outside"), b"3");
        let error = moved.read(Path::new("/nix/store/x/c.nix")).expect_err("it is not tracked");
        assert!(error.to_string().contains("git add c.nix"), "{error}");
        assert_eq!(
            moved.read_dir(Path::new("/nix/store/x")).expect("a directory"),
            [(String::from("a"), FileKind::Directory)]
        );
        assert!(moved.kind(Path::new("/nix/store/x/nothing")).is_err());
    }
}
