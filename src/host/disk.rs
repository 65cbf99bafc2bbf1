//! The file systems and git repositories of this machine, as workflows read them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::checkout;
use super::files::{RealFiles, RestrictedFiles};
use super::git::{self, RevisionFiles};
use super::nix::Invoker;
use crate::app::Disk;
use crate::source::{Files, RevisionError, Tracked};

/// The disk of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn files(&self) -> &dyn Files {
        &RealFiles
    }

    fn all(&self) -> Box<dyn Files> {
        Box::new(RealFiles)
    }

    fn restricted(&self, roots: Vec<PathBuf>) -> Box<dyn Files> {
        Box::new(RestrictedFiles::new(roots))
    }

    fn pure(&self, roots: Vec<PathBuf>) -> Box<dyn Files> {
        Box::new(RestrictedFiles::pure(roots))
    }

    fn as_invoker(&self, work: &mut dyn FnMut()) -> Result<(), Box<dyn std::error::Error>> {
        match Invoker::from_environment() {
            Some(invoker) => Ok(invoker.run(work)?),
            None => {
                work();
                Ok(())
            }
        }
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn is_directory(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        fs::write(path, content)
    }

    fn replace(&self, path: &Path, from: &str, to: &str) -> io::Result<()> {
        checkout::replace(path, from, to)
    }

    fn canonicalize(&self, path: &Path) -> Option<PathBuf> {
        path.canonicalize().ok()
    }

    fn tracked(&self, top: &Path) -> Option<Tracked> {
        git::tracked(top)
    }

    fn head(&self, top: &Path) -> Option<String> {
        git::head(top)
    }

    fn revision(&self, top: &Path, name: &str, outside: Box<dyn Files>) -> Result<Box<dyn Files>, RevisionError> {
        Ok(Box::new(RevisionFiles::open(top, name, outside)?))
    }
}
