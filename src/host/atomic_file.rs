//! Writes files atomically: to a temporary file first, synced to disk, and only then renamed into place.

use std::fs::{self, File, Permissions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use tempfile::NamedTempFile;

use super::kill_point;

/// Writes a file; missing parent directories are created.
pub(super) fn write(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    tracing::debug!(path = %path.display(), bytes = content.len(), "write");
    kill_point::reach("write");
    let directory = directory(path)?;
    let mut file = temporary(directory)?;
    file.write_all(content)?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    persist(file, path)?;
    sync(directory)
}

/// Renames a temporary file or symlink to its final name. A directory in its way, which rename(2) never replaces, is
/// set aside.
fn persist<F>(temporary: NamedTempFile<F>, path: &Path) -> io::Result<()> {
    kill_point::reach("rename");
    let result = match temporary.persist(path) {
        Err(error) if error.error.kind() == io::ErrorKind::IsADirectory => {
            set_directory_aside(path)?;
            error.file.persist(path).map(drop).map_err(|error| error.error)
        }
        result => result.map(drop).map_err(|error| error.error),
    };
    kill_point::reach("renamed");
    result
}

fn set_directory_aside(path: &Path) -> io::Result<()> {
    let aside = set_aside(path)?;
    tracing::warn!("{} was a directory; it is kept as {}", path.display(), aside.display());
    Ok(())
}

/// Copies all of `source` to a file at `path`.
pub(super) fn copy(source: &mut File, path: &Path, mode: u32) -> io::Result<()> {
    let directory = directory(path)?;
    let mut file = temporary(directory)?;
    source.rewind()?;
    io::copy(source, file.as_file_mut())?;
    file.as_file().set_permissions(Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    persist(file, path)?;
    sync(directory)
}

/// A temporary file in `directory`, to be renamed later.
pub(super) fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(&prefix()).tempfile_in(directory)
}

/// Removes the temporary files of killed processes from a directory that is only written to while holding the lock.
pub(super) fn remove_remains(directory: &Path) -> io::Result<()> {
    remove_if(directory, |_| true)
}

/// Removes the temporary files of dead processes from a directory below `/run` to which other processes write.
pub(super) fn remove_remains_of_dead(directory: &Path) -> io::Result<()> {
    remove_if(directory, |process| !Path::new("/proc").join(process).exists())
}

/// Removes the temporary files of a directory whose process `is_dead`.
fn remove_if(directory: &Path, is_dead: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if rest.split_once('-').is_none_or(|(process, _)| is_dead(process)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Makes `path` a symlink to `target`, replacing what was there.
pub(super) fn link(target: &Path, path: &Path) -> io::Result<()> {
    tracing::debug!(path = %path.display(), target = %target.display(), "symlink");
    kill_point::reach("link");
    let directory = directory(path)?;
    let link = tempfile::Builder::new().prefix(&prefix()).make_in(directory, |path| symlink(target, path))?;
    persist(link, path)?;
    sync(directory)
}

/// Removes a file or a symlink, or sets a directory aside. A missing file is not an error.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    kill_point::reach("remove");
    match fs::remove_file(path) {
        Ok(()) => {
            kill_point::reach("removed");
            tracing::debug!(path = %path.display(), "removed");
            path.parent().map_or(Ok(()), sync)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => set_directory_aside(path),
        Err(error) => Err(error),
    }
}

/// Renames what is at `path` to a free name beside it that ends in `.edited`, and returns that. It replaces nothing.
///
/// # Errors
/// If it cannot be renamed, or every such name is taken.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let parent = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    for number in 1..=MOST_ASIDE {
        let mut aside = path.as_os_str().to_owned();
        aside.push(if number == 1 { String::from(".edited") } else { format!(".edited-{number}") });
        let aside = PathBuf::from(aside);
        match renameat2(AT_FDCWD, path, AT_FDCWD, &aside, RenameFlags::RENAME_NOREPLACE) {
            Ok(()) => return sync(parent).map(|()| aside),
            Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The number of edited files that are kept beside one of ours.
const MOST_ASIDE: u32 = 100;

/// Starts with a dot, so that systemd and Nix ignore what a killed run left.
pub(super) const PREFIX: &str = ".container-rebuild-";

/// The prefix of this process's temporary files.
fn prefix() -> String {
    format!("{PREFIX}{}-", std::process::id())
}

fn directory(path: &Path) -> io::Result<&Path> {
    let directory = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(directory)?;
    Ok(directory)
}

/// Syncs a directory: a new name is on disk only once its directory is.
pub(super) fn sync(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing_a_file_leaves_no_other_files_behind() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a/b");
        write(&path, b"one", 0o600).expect("written");
        write(&path, b"two", 0o444).expect("replaced, though it is read-only by now");
        assert_eq!(fs::read(&path).ok().as_deref(), Some(&b"two"[..]));
        assert_eq!(fs::metadata(&path).map(|metadata| metadata.permissions().mode() & 0o777).ok(), Some(0o444));
        for target in ["/x", "/y"] {
            link(Path::new(target), &path).expect("linked");
            assert_eq!(fs::read_link(&path).ok(), Some(target.into()));
        }
        assert_eq!(fs::read_dir(directory.path().join("a")).map(Iterator::count).ok(), Some(1));
        for _ in 0..2 {
            remove(&path).expect("removed");
        }
        assert!(path.symlink_metadata().is_err());
    }

    #[test]
    fn temporary_files_of_dead_processes_are_removed() {
        let directory = tempfile::tempdir().expect("a directory");
        let living = temporary(directory.path()).expect("made");
        let child = std::process::Command::new("true").spawn().expect("started");
        let dead = child.id();
        drop(child.wait_with_output());
        for name in [format!("{PREFIX}{dead}-abcdef"), format!("{PREFIX}abcdef"), String::from("other")] {
            fs::write(directory.path().join(name), "").expect("written");
        }
        let names = || {
            let entries = fs::read_dir(directory.path()).expect("listed");
            let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
            names.sort();
            names
        };
        remove_remains_of_dead(directory.path()).expect("removed");
        assert_eq!(names(), [living.path().to_owned(), directory.path().join("other")]);
        remove_remains(directory.path()).expect("removed");
        assert_eq!(names(), [directory.path().join("other")]);
    }

    #[test]
    fn a_directory_in_the_way_is_set_aside() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a");
        let at = |name: &str| directory.path().join(name);
        type Step<'a> = &'a dyn Fn() -> io::Result<()>;
        let steps: [Step<'_>; 3] =
            [&|| write(&path, b"one", 0o600), &|| link(Path::new("/x"), &path), &|| remove(&path)];
        for (step, aside) in steps.into_iter().zip(["a.edited", "a.edited-2", "a.edited-3"]) {
            remove(&path).expect("removed");
            fs::create_dir(&path).expect("made");
            fs::write(path.join("kept"), aside).expect("written");
            step().expect("done");
            assert!(!path.is_dir());
            assert_eq!(fs::read_to_string(at(aside).join("kept")).ok().as_deref(), Some(aside));
        }
        assert!(path.symlink_metadata().is_err());
    }
}
