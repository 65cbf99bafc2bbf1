//! Temporary directories for one run, which hold the garbage collector roots of its builds.
//!
//! Each directory is locked (flock(2)). The kernel releases the lock of a process that dies, so the next run can tell
//! which directories are abandoned, and removes them.
//!
//! Invariants:
//! - Root's are below `/run/container-rebuild`, where no other user can prepare one. An ordinary user's are in
//!   `XDG_RUNTIME_DIR`, or in the system's temporary directory, where only the user's own are removed.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};
use nix::sys::stat::Mode;
use nix::unistd::geteuid;

use super::within::{self, Reach};
use super::{ending, wipe};
use crate::render::paths;

const PREFIX: &str = "container-rebuild-";

/// A temporary directory of this run.
#[derive(Debug)]
pub(super) struct Scratch {
    path: PathBuf,
    _held: Flock<File>,
    /// Removes the directory if a signal ends this process.
    _ends_with_us: ending::Directory,
}

impl Scratch {
    /// Removes what dead runs left, and creates a directory that belongs to `owner` (user and group), or to the current
    /// user.
    ///
    /// # Errors
    /// If it cannot be created.
    pub(super) fn new(owner: Option<(u32, u32)>) -> io::Result<Self> {
        let base = base()?;
        sweep(&base);
        let made = Self::new_in(&base)?;
        if let Some((user, group)) = owner {
            chown(&made.path, Some(user), Some(group))?;
        }
        Ok(made)
    }

    fn new_in(base: &Path) -> io::Result<Self> {
        // Until it is locked, another run may consider it abandoned and remove it.
        for _ in 0..16 {
            let made = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(base)?;
            let made = made.keep();
            let Ok(directory) = File::open(&made) else { continue };
            let Ok(held) = Flock::lock(directory, FlockArg::LockExclusiveNonblock) else { continue };
            if held.metadata()?.nlink() > 0 && made.exists() {
                let ends_with_us = ending::Directory::new(&made);
                return Ok(Self { path: made, _held: held, _ends_with_us: ends_with_us });
            }
        }
        Err(io::Error::other("it was removed each time that it was created"))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err((path, error)) = wipe::tree(&self.path).or_error() {
            tracing::warn!("cannot remove {}: {error}", path.display());
        }
    }
}

/// The directory for this user's temporary directories.
fn base() -> io::Result<PathBuf> {
    let user = geteuid();
    if user.is_root() {
        // The user who ran sudo must be able to enter it, whatever the umask.
        for path in [Path::new(paths::RUN), &paths::builds()] {
            DirBuilder::new().recursive(true).mode(0o755).create(path)?;
            fs::set_permissions(path, Permissions::from_mode(0o755))?;
        }
        return Ok(paths::builds());
    }
    let of_user = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    let is_its = |path: &PathBuf| path.metadata().is_ok_and(|it| it.is_dir() && it.uid() == user.as_raw());
    Ok(of_user.filter(is_its).unwrap_or_else(std::env::temp_dir))
}

/// Removes what dead runs of this user left, as far as possible.
pub(super) fn sweep_own() {
    match base() {
        Ok(base) => sweep(&base),
        Err(error) => tracing::debug!("cannot look for abandoned temporary directories: {error}"),
    }
}

fn sweep(base: &Path) {
    let (Ok(entries), Ok(directory)) = (fs::read_dir(base), File::open(base)) else { return };
    // Everything in root's directory belongs to this program, including what it created for users who ran sudo.
    let is_whole = base == paths::builds();
    for entry in entries.flatten() {
        let name = entry.file_name();
        if !name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let opened = within::open(&directory, name.as_os_str(), Reach::Entry, flags, Mode::empty());
        let Ok(opened) = opened.map(File::from) else { continue };
        let is_own = is_whole || opened.metadata().is_ok_and(|it| it.uid() == geteuid().as_raw());
        if !is_own {
            continue;
        }
        match Flock::lock(opened, FlockArg::LockExclusiveNonblock) {
            Ok(_dead) => {
                if let Err((path, error)) = wipe::tree(&entry.path()).or_error() {
                    tracing::warn!("cannot remove {}, which a former run left: {error}", path.display());
                }
            }
            Err((_, Errno::EWOULDBLOCK)) => {}
            Err((_, errno)) => tracing::debug!("cannot lock {}: {errno}", entry.path().display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn only_directories_of_dead_runs_are_removed() {
        if !crate::host::namespaces::is_root("to give files to other users") {
            return;
        }
        empty_host(|| {
            let living = Scratch::new(Some((1000, 1000))).expect("made");
            assert!(living.path().starts_with("/run/container-rebuild/builds"));
            let metadata = living.path().metadata().expect("there");
            assert_eq!((metadata.uid(), metadata.mode() & 0o777), (1000, 0o700));
            symlink("/nix/store/1-a", living.path().join("system")).expect("a symlink");
            // As left by a killed run: it is not locked.
            let dead = paths::builds().join("container-rebuild-dead");
            fs::create_dir_all(dead.join("sub")).expect("made");
            fs::create_dir("/precious").expect("made");
            fs::write("/precious/file", "").expect("written");
            symlink("/precious", dead.join("system")).expect("a symlink");
            symlink("/precious", paths::builds().join("container-rebuild-link")).expect("a symlink");
            fs::create_dir(paths::builds().join("others")).expect("made");
            let second = Scratch::new(None).expect("made");
            assert!(!dead.exists() && Path::new("/precious/file").exists());
            assert!(living.path().join("system").is_symlink() && paths::builds().join("others").exists());
            drop((living, second));
            let left =
                fs::read_dir(paths::builds()).expect("listed").map(|entry| entry.expect("listed").file_name());
            let mut left: Vec<_> = left.collect();
            left.sort();
            assert_eq!(left, ["container-rebuild-link", "others"]);
        });
    }
}
