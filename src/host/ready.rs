//! Whether files of ours can be written: found out by writing, before anything is built or stopped.
//!
//! Takes: directories, and how much is about to be written into each. Gives: those in which that fails, with why. What it
//! writes is removed at once; a directory that is missing is made, as the switch would make it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A directory, and how much will be written into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// The directory.
    pub directory: PathBuf,
    /// In bytes.
    pub bytes: usize,
    /// Whether it may be on a file system that is read-only: there is another place then.
    pub optional: bool,
}

/// A directory in which the files of a switch cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {bytes} bytes in {}", directory.display())]
pub struct NoRoom {
    /// The directory.
    pub directory: PathBuf,
    /// In bytes.
    pub bytes: usize,
    /// What the kernel said.
    pub source: io::Error,
}

/// Those of `rooms` in which what is to be written cannot be. Directories may share a file system: what was written into
/// one lies there until all were tried.
pub fn lacking(rooms: &[Room]) -> Vec<NoRoom> {
    let mut written = Vec::new();
    let lacks = |Room { directory, bytes, optional }: &Room| match try_to_write(directory, *bytes) {
        Ok(file) => {
            written.push(file);
            None
        }
        Err(error) if *optional && error.kind() == io::ErrorKind::ReadOnlyFilesystem => None,
        Err(source) => Some(NoRoom { directory: directory.clone(), bytes: *bytes, source }),
    };
    rooms.iter().filter_map(lacks).collect()
}

/// Those of `files` that can be neither replaced nor removed, though their directory can be written: `chattr +i` is on them.
pub fn fixed(files: &[PathBuf]) -> Vec<&PathBuf> {
    files.iter().filter(|path| super::immutable::is_fixed(path)).collect()
}

/// Those of `roots` that are no directory, so that no guest can start in them. One that is missing is made.
pub fn unusable_roots(roots: &[PathBuf]) -> Vec<&PathBuf> {
    roots.iter().filter(|path| path.symlink_metadata().is_ok() && !path.is_dir()).collect()
}

/// Writes as much and brings it to the disk, since some file systems find only then that they are full.
fn try_to_write(directory: &Path, bytes: usize) -> io::Result<NamedTempFile> {
    std::fs::create_dir_all(directory)?;
    let mut file = super::atomic_file::temporary(directory)?;
    // No zeros, which a file system may compress away or leave out.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = [0; 4096];
    let mut left = bytes;
    while left > 0 {
        for chunk in block.chunks_exact_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            chunk.copy_from_slice(&state.to_ne_bytes());
        }
        let length = left.min(block.len());
        file.write_all(&block[..length])?;
        left -= length;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use nix::mount::{MsFlags, mount};

    use super::*;
    use crate::host::netns::tests::empty_host;

    fn room(directory: &str, bytes: usize, optional: bool) -> Room {
        Room { directory: directory.into(), bytes, optional }
    }

    #[test]
    fn what_is_full_read_only_or_no_directory_is_found_at_once_and_nothing_is_left() {
        empty_host(|| {
            for (path, size) in [("/full", "size=64k"), ("/read-only", "size=1m"), ("/good", "size=1m")] {
                std::fs::create_dir_all(path).expect("made");
                mount(Some("tmpfs"), path, Some("tmpfs"), MsFlags::empty(), Some(size)).expect("mounted");
            }
            let flags = MsFlags::MS_REMOUNT | MsFlags::MS_RDONLY;
            mount(None::<&str>, "/read-only", None::<&str>, flags, None::<&str>).expect("mounted anew");
            std::fs::write("/good/file", "").expect("written");
            let rooms = [
                room("/full", 100_000, false),
                room("/full", 10_000, false),
                room("/read-only", 1, false),
                room("/read-only/new", 1, true),
                room("/good/file/below", 1, false),
                room("/good/new", 500_000, false),
                room("/good/new", 700_000, false),
            ];
            let lacking = lacking(&rooms).into_iter();
            let lacking: Vec<_> = lacking.map(|lack| (lack.directory, lack.source.kind())).collect();
            // The last one has room by itself, but not beside the one before it.
            let expected = [
                ("/full", io::ErrorKind::StorageFull),
                ("/read-only", io::ErrorKind::ReadOnlyFilesystem),
                ("/good/file/below", io::ErrorKind::NotADirectory),
                ("/good/new", io::ErrorKind::StorageFull),
            ];
            assert_eq!(lacking, expected.map(|(path, kind)| (PathBuf::from(path), kind)));
            let left = |path: &str| std::fs::read_dir(path).expect("listed").count();
            assert_eq!((left("/full"), left("/good/new")), (0, 0));
        });
    }
}
