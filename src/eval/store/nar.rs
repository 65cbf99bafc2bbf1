//! Hashes a file or a directory as a Nix archive (NAR) without building the archive.

use std::io;
use std::path::{Path, PathBuf};

use super::hash::{Algorithm, Hash, Hasher};
use crate::source::{FileKind, Files};

/// Decides whether the archive contains a file; may fail with its own error.
pub(in crate::eval) type Filter<'a, E> = dyn FnMut(&Path, FileKind) -> Result<bool, E> + 'a;

/// Why an archive could not be hashed.
pub(in crate::eval) enum NarError<E> {
    /// A file is unreadable, or neither a regular file, a directory nor a symlink.
    File(PathBuf, io::Error),
    /// The filter failed.
    Filter(E),
}

/// The hash of the NAR of `path`; does not follow a final symlink.
pub(in crate::eval) fn hash<E>(
    files: &dyn Files,
    path: &Path,
    algorithm: Algorithm,
    filter: &mut Filter<'_, E>,
) -> Result<Hash, NarError<E>> {
    let mut writer = Writer { files, out: Hasher::new(algorithm) };
    writer.string(b"nix-archive-1");
    writer.node(path, filter)?;
    Ok(writer.out.finish())
}

struct Writer<'a> {
    files: &'a dyn Files,
    out: Hasher,
}

impl Writer<'_> {
    /// Writes a string: its length, its bytes, and padding to a multiple of eight.
    fn string(&mut self, bytes: &[u8]) {
        self.out.update(&(bytes.len() as u64).to_le_bytes());
        self.out.update(bytes);
        self.out.update(&[0; 8][..bytes.len().next_multiple_of(8) - bytes.len()]);
    }

    fn strings(&mut self, strings: &[&str]) {
        strings.iter().for_each(|string| self.string(string.as_bytes()));
    }

    fn node<E>(&mut self, path: &Path, filter: &mut Filter<'_, E>) -> Result<(), NarError<E>> {
        let failed = |error| NarError::File(path.to_path_buf(), error);
        self.strings(&["(", "type"]);
        match self.files.kind(path).map_err(failed)? {
            FileKind::Regular => {
                self.strings(&["regular"]);
                if self.files.is_executable(path).map_err(failed)? {
                    self.strings(&["executable", ""]);
                }
                self.strings(&["contents"]);
                let content = self.files.read(path).map_err(failed)?;
                self.string(&content);
            }
            FileKind::Symlink => {
                let target = self.files.read_link(path).map_err(failed)?;
                self.strings(&["symlink", "target"]);
                self.string(target.as_os_str().as_encoded_bytes());
            }
            FileKind::Directory => {
                self.strings(&["directory"]);
                for (name, kind) in self.files.read_dir(path).map_err(failed)? {
                    let child = path.join(&name);
                    if filter(&child, kind).map_err(NarError::Filter)? {
                        self.strings(&["entry", "(", "name", &name, "node"]);
                        self.node(&child, filter)?;
                        self.strings(&[")"]);
                    }
                }
            }
            FileKind::Unknown => {
                return Err(failed(io::Error::from(io::ErrorKind::Unsupported)));
            }
        }
        self.strings(&[")"]);
        Ok(())
    }
}
