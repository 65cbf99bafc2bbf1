//! A disk and a clock in memory, to load configurations from.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::app::{Clock, Disk};
use crate::source::{FileKind, Files, MemoryFiles, RevisionError, Tracked};

/// A disk without symlinks and repositories.
#[derive(Debug, Clone, Default)]
pub struct MemoryDisk(RefCell<MemoryFiles>);

impl MemoryDisk {
    /// A disk with these files.
    pub fn new(files: MemoryFiles) -> Self {
        Self(RefCell::new(files))
    }
}

impl Disk for MemoryDisk {
    fn files(&self) -> &dyn Files {
        self
    }

    fn all(&self) -> Box<dyn Files> {
        Box::new(self.0.borrow().clone())
    }

    fn restricted(&self, roots: Vec<PathBuf>) -> Box<dyn Files> {
        Box::new(Below { files: self.0.borrow().clone(), roots })
    }

    fn pure(&self, roots: Vec<PathBuf>) -> Box<dyn Files> {
        self.restricted(roots)
    }

    fn as_invoker(&self, work: &mut dyn FnMut()) -> Result<(), Box<dyn std::error::Error>> {
        work();
        Ok(())
    }

    fn exists(&self, path: &Path) -> bool {
        self.kind(path).is_ok()
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.kind(path).is_ok_and(|kind| kind == FileKind::Directory)
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.0.borrow_mut().insert(path, content);
        Ok(())
    }

    fn replace(&self, path: &Path, from: &str, to: &str) -> io::Result<()> {
        if self.read(path)? != from.as_bytes() {
            return Err(io::Error::other("it has changed in the meantime"));
        }
        self.write(path, to.as_bytes())
    }

    fn canonicalize(&self, path: &Path) -> Option<PathBuf> {
        self.exists(path).then(|| path.to_owned())
    }

    fn tracked(&self, _: &Path) -> Option<Tracked> {
        None
    }

    fn head(&self, _: &Path) -> Option<String> {
        None
    }

    fn revision(&self, top: &Path, _: &str, _: Box<dyn Files>) -> Result<Box<dyn Files>, RevisionError> {
        Err(RevisionError::NoRepository { path: top.to_owned() })
    }
}

impl Files for MemoryDisk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0.borrow().read(path)
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        self.0.borrow().kind(path)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        self.0.borrow().read_dir(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.0.borrow().read_link(path)
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        self.0.borrow().is_executable(path)
    }
}

/// The files below some roots.
struct Below {
    files: MemoryFiles,
    roots: Vec<PathBuf>,
}

impl Below {
    fn allowed(&self, path: &Path) -> io::Result<&MemoryFiles> {
        let is_allowed = self.roots.iter().any(|root| path.starts_with(root));
        if is_allowed { Ok(&self.files) } else { Err(io::ErrorKind::PermissionDenied.into()) }
    }
}

impl Files for Below {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.allowed(path)?.read(path)
    }

    fn kind(&self, path: &Path) -> io::Result<FileKind> {
        self.allowed(path)?.kind(path)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<(String, FileKind)>> {
        self.allowed(path)?.read_dir(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.allowed(path)?.read_link(path)
    }

    fn is_executable(&self, path: &Path) -> io::Result<bool> {
        self.allowed(path)?.is_executable(path)
    }
}

/// A clock that stands still.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryClock {
    /// Seconds since 1970.
    pub now: u64,
}

impl Clock for MemoryClock {
    fn now(&self) -> u64 {
        self.now
    }

    fn stop_after(&self, _: u64) -> Arc<AtomicBool> {
        Arc::default()
    }
}
