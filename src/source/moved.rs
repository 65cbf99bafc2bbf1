//! A work tree as it is seen from the store: at another path, and only as far as it is tracked.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::files::{FileKind, Files};
use super::tracked::Tracked;

/// As many links in a row as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;

/// Files of which one directory appears elsewhere.
pub struct MovedFiles<'a> {
    inner: &'a dyn Files,
    /// Where the directory is.
    directory: PathBuf,
    /// Where it appears.
    seen: PathBuf,
    /// The paths in it that count, relative; all of them without.
    tracked: Option<Tracked>,
}

impl<'a> MovedFiles<'a> {
    /// `directory` of `inner`, seen at `seen`. Of what is in it only `tracked` files are there, where those are given.
    pub fn new(
        inner: &'a dyn Files,
        directory: impl Into<PathBuf>,
        seen: impl Into<PathBuf>,
        tracked: Option<Tracked>,
    ) -> Self {
        Self { inner, directory: directory.into(), seen: seen.into(), tracked }
    }

    /// Where `path` really is.
    fn real(&self, path: &Path) -> io::Result<PathBuf> {
        let Ok(below) = path.strip_prefix(&self.seen) else { return Ok(path.to_path_buf()) };
        let real = self.directory.join(below);
        match &self.tracked {
            Some(tracked) if !self.is_there(tracked, below)? => match self.inner.kind(&real) {
                Ok(_) => {
                    let message = format!(
                        "it is not tracked by git; `git add {}` makes it part of the flake",
                        below.display()
                    );
                    Err(io::Error::new(io::ErrorKind::NotFound, message))
                }
                Err(error) => Err(error),
            },
            _ => Ok(real),
        }
    }

    /// Whether a path leads to something that is tracked; links in it are followed.
    fn is_there(&self, tracked: &Tracked, below: &Path) -> io::Result<bool> {
        let mut rest = below.to_path_buf();
        for _ in 0..MOST_LINKS {
            if tracked.has(&rest) {
                return Ok(true);
            }
            // A link on the way: what it leads to counts.
            let link = rest.ancestors().skip(1).find(|around| tracked.contains(around));
            let Some(link) = link.map(Path::to_path_buf) else { return Ok(false) };
            // Or a submodule that is not checked out.
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
        // A link into the directory leads into it where it is seen.
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
