//! Changes the user's own files when they ask for it.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use super::atomic_file;

/// Replaces a file's text atomically, keeping its owner and permissions. Fails without changing anything unless the
/// file's text is `from`.
///
/// # Errors
///
/// If the file has another text, is not a regular file, or cannot be written.
pub(super) fn replace(path: &Path, from: &str, to: &str) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    if fs::read(path)? != from.as_bytes() {
        return Err(io::Error::other("it has changed in the meantime"));
    }
    atomic_file::write(path, to.as_bytes(), metadata.permissions().mode())?;
    let new = fs::symlink_metadata(path)?;
    if (new.uid(), new.gid()) != (metadata.uid(), metadata.gid()) {
        chown(path, Some(metadata.uid()), Some(metadata.gid()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_what_it_is_and_one_that_changed_keeps_what_it_says() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("host.nix");
        fs::write(&path, "{ }").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
        replace(&path, "{ }", "{ a = 1; }").expect("replaced");
        assert_eq!(fs::read_to_string(&path).expect("text"), "{ a = 1; }");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o640);
        replace(&path, "{ }", "other").expect_err("it says something else");
        assert_eq!(fs::read_to_string(&path).expect("text"), "{ a = 1; }");
        let link = directory.path().join("link.nix");
        std::os::unix::fs::symlink(&path, &link).expect("a symlink");
        replace(&link, "{ a = 1; }", "other").expect_err("no file");
    }
}
