//! Tests whether our files can be written, by writing, before anything is built or stopped.
//!
//! Takes: directories, and how many bytes will be written to each. Gives: those in which that fails, with the error.
//! Test files are removed at once; a missing directory is created, as the switch would do.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::app::{NoRoom, Room};

/// Returns those of `rooms` that lack space or permission. Since directories may share a file system, test files stay
/// until all directories have been tested.
pub(super) fn lacking(rooms: &[Room]) -> Vec<NoRoom> {
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

/// Returns those of `files` that are protected by `chattr +i` or `+a`, and so cannot be replaced or removed even if
/// their directory is writable.
pub(super) fn fixed(files: &[PathBuf]) -> Vec<PathBuf> {
    files.iter().filter(|path| super::immutable::is_fixed(path)).cloned().collect()
}

/// Returns those of `roots` that exist but are not directories, so that no guest can start in them. Missing ones will
/// be created.
pub(super) fn unusable_roots(roots: &[PathBuf]) -> Vec<PathBuf> {
    roots.iter().filter(|path| path.symlink_metadata().is_ok() && !path.is_dir()).cloned().collect()
}

/// Writes that many bytes and syncs them, since some file systems only notice then that they are full.
fn try_to_write(directory: &Path, bytes: usize) -> io::Result<NamedTempFile> {
    std::fs::create_dir_all(directory)?;
    let mut file = super::atomic_file::temporary(directory)?;
    // Not zeros, which a file system may compress or leave out.
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
    fn all_unwritable_directories_are_found_and_no_test_file_is_left() {
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
            // The last one would fit on its own, but not in addition to the one before it.
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
