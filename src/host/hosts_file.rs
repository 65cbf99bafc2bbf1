//! The host's `/etc/hosts`, in which containers have names ([`Hosts`]).

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::atomic_file;
use crate::render::hosts::Hosts;
use crate::render::paths;

/// More than any such file has: programs read it whole for each name.
const MOST_BYTES: u64 = 16 << 20;

/// The text of the file and its permissions; `None` if it is not for us to change: on NixOS it is a symlink, in a container
/// often a mount of its own, and what is not text has no lines.
fn read_with_mode() -> Option<(String, u32)> {
    let path = Path::new(paths::HOSTS);
    let (file, directory) = (fs::symlink_metadata(path).ok()?, fs::metadata(path.parent()?).ok()?);
    let is_plain = file.is_file() && file.uid() == 0 && file.nlink() == 1 && file.len() <= MOST_BYTES;
    let is_in_its_directory = file.dev() == directory.dev();
    let text = (is_plain && is_in_its_directory).then(|| fs::read_to_string(path).ok())??;
    Some((text, file.mode() & 0o7777))
}

/// The text of the file; `None` if it is not for us to change.
pub(super) fn read() -> Option<String> {
    read_with_mode().map(|(text, _)| text)
}

/// Makes these the names of ours in the file, unless it is not for us to change.
///
/// # Errors
///
/// If it cannot be written. An administrator's protection (a read-only file system, chattr(1)) is only a warning.
pub(super) fn update(hosts: &Hosts) -> io::Result<()> {
    let Some((text, mode)) = read_with_mode() else { return Ok(()) };
    let updated = hosts.added_to(&text);
    if updated == text {
        return Ok(());
    }
    match atomic_file::write(Path::new(paths::HOSTS), updated.as_bytes(), mode) {
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            tracing::warn!(%error, "cannot give containers their names in {}", paths::HOSTS);
            Ok(())
        }
        result => result,
    }
}
