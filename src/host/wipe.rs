//! Removes directory trees. All code that removes more than one file does it here.
//!
//! Takes: the path of a tree. Its parent directory is trusted; what is in the tree may belong to anyone, and may be
//! changed meanwhile. Gives: what could not be removed.
//!
//! Invariants:
//! - Nothing outside the tree is touched. Directories are entered by descriptor, one name at a time, without following
//!   symlinks ([`Reach::Entry`]), and each removal names an entry of a directory that was entered like that.
//! - No mount is entered or unmounted. openat2(2) detects mounts; `st_dev` would miss a bind mount of the same file
//!   system.
//! - If an entry cannot be removed, the others still are.
//! - At most [`DEPTH`] directories are open, however deep the tree is.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, renameat};
use nix::sys::stat::{Mode, fstatat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::immutable::{self, Entry};
use super::within::{self, Reach};

/// The most directories that are open at a time. Deeper ones are moved up first, so that neither the depth of a tree
/// nor the length of its paths is limited.
const DEPTH: usize = 64;

/// How often a directory is read again because new entries have appeared in it.
const PASSES: u8 = 8;

/// What could not be removed of a tree.
#[derive(Debug, Default)]
#[must_use]
pub(super) struct Left {
    /// Mount points, which are not ours to unmount; the directories that lead there are left, too.
    pub(super) mounts: Vec<PathBuf>,
    /// The first entry that could not be removed for another reason.
    pub(super) error: Option<(PathBuf, io::Error)>,
}

impl Left {
    /// Converts this to an error: the first failure, or else a mount that is in the way.
    ///
    /// # Errors
    /// If anything is left.
    pub(super) fn or_error(mut self) -> Result<(), (PathBuf, io::Error)> {
        let mount = self.mounts.pop().map(|path| (path, io::Error::other("something is mounted there")));
        self.error.or(mount).map_or(Ok(()), Err)
    }
}

/// Removes `path` and everything in it; returns what could not be removed. A missing path is not an error.
pub(super) fn tree(path: &Path) -> Left {
    let failed = |error: io::Error| Left { mounts: Vec::new(), error: Some((path.to_owned(), error)) };
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return failed(io::ErrorKind::InvalidInput.into());
    };
    let Ok(name) = CString::new(name.as_bytes()) else { return failed(io::ErrorKind::InvalidInput.into()) };
    match Dir::open(parent, OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty()) {
        Err(Errno::ENOENT) => Left::default(),
        Err(errno) => failed(errno.into()),
        Ok(directory) => {
            let base =
                Level { name: CString::default(), directory, names: vec![name.clone()], keeps: false, passes: 0 };
            Wipe { base: parent, levels: vec![base], moved: 0, left: Left::default() }.run(&name)
        }
    }
}

/// A wipe in progress. The first level is the parent directory of the tree, from which only the tree is removed.
struct Wipe<'a> {
    base: &'a Path,
    levels: Vec<Level>,
    /// The number of directories moved up so far.
    moved: u32,
    left: Left,
}

/// A directory that was entered.
struct Level {
    name: CString,
    directory: Dir,
    /// Entries that remain to be removed.
    names: Vec<CString>,
    /// Whether an entry in it could not be removed.
    keeps: bool,
    passes: u8,
}

/// The result of removing an entry.
enum Removed {
    /// It is gone, or will be found when its directory is read again.
    Gone,
    Entered(Dir),
    Mount,
    Failed(Errno),
}

impl Wipe<'_> {
    fn run(mut self, tree: &CStr) -> Left {
        loop {
            let is_base = self.levels.len() == 1;
            let Some(level) = self.levels.last_mut() else { break };
            if let Some(name) = level.names.pop() {
                self.remove(name);
            } else if !is_base {
                self.leave();
            } else {
                // Something else may have taken the place of the tree.
                let is_there = fstatat(level.directory.as_fd(), tree, AtFlags::AT_SYMLINK_NOFOLLOW).is_ok();
                if !is_there || level.keeps {
                    break;
                }
                level.passes += 1;
                if level.passes > PASSES {
                    self.fail(tree, Errno::ENOTEMPTY);
                    break;
                }
                level.names.push(tree.to_owned());
            }
        }
        self.left
    }

    /// Removes one entry of the last level, or enters it.
    fn remove(&mut self, name: CString) {
        // The first level is not part of the tree.
        let is_ours = self.levels.len() > 1;
        let Some(level) = self.levels.last_mut() else { return };
        match remove(&level.directory, &name, is_ours) {
            Removed::Gone => {}
            Removed::Mount => self.stop(&name),
            Removed::Failed(errno) => self.fail(&name, errno),
            Removed::Entered(_) if self.levels.len() > DEPTH => self.move_up(&name),
            Removed::Entered(directory) => {
                self.levels.push(Level { name, directory, names: Vec::new(), keeps: false, passes: 0 });
                debug_assert!(self.levels.len() <= DEPTH + 1, "no more are open");
                self.read();
            }
        }
    }

    /// Reads the entries of the last level.
    fn read(&mut self) {
        let Some(level) = self.levels.last_mut() else { return };
        let mut failed = None;
        for entry in level.directory.iter() {
            match entry {
                Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => {}
                Ok(entry) => level.names.push(entry.file_name().to_owned()),
                Err(errno) => failed = Some(errno),
            }
        }
        if let Some(errno) = failed {
            self.fail(c"", errno);
        }
    }

    /// Removes the last level after all of its entries have been handled.
    fn leave(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        let is_ours = self.levels.len() > 1;
        let Some(above) = self.levels.last_mut() else { return };
        if level.keeps {
            above.keeps = true;
            return;
        }
        let remove = || unlinkat(above.directory.as_fd(), level.name.as_c_str(), UnlinkatFlags::RemoveDir);
        let removed = match remove() {
            Err(Errno::EPERM) => {
                let cleared = immutable::clear(level.directory.as_fd());
                if is_ours { cleared.and(immutable::clear(above.directory.as_fd())) } else { cleared }
                    .map_or(Err(Errno::EPERM), |_| remove())
            }
            result => result,
        };
        match removed {
            // It was replaced meanwhile; reading its parent again will show by what.
            Ok(()) | Err(Errno::ENOENT | Errno::ENOTDIR) => {}
            Err(Errno::EBUSY) if is_mount(&above.directory, &level.name) => self.stop(&level.name),
            Err(Errno::ENOTEMPTY | Errno::EEXIST) if level.passes < PASSES => {
                self.levels.push(Level { passes: level.passes + 1, ..level });
                self.read();
            }
            Err(errno) => self.fail(&level.name, errno),
        }
    }

    /// Moves a directory to the top of the tree when too many are open to enter it. Mounts below it move along.
    fn move_up(&mut self, name: &CStr) {
        let (Some(level), Some(top)) = (self.levels.last(), self.levels.get(1)) else { return };
        let mut moved = Err(Errno::EEXIST);
        let mut to = CString::default();
        for _ in 0..PASSES {
            self.moved += 1;
            to = CString::new(format!(".wipe-{}", self.moved)).expect("there is no zero in it");
            moved = renameat(level.directory.as_fd(), name, top.directory.as_fd(), to.as_c_str());
            match moved {
                // The name is taken.
                Err(Errno::EEXIST | Errno::ENOTEMPTY | Errno::ENOTDIR | Errno::EBUSY) => {}
                Err(Errno::EPERM) if clear_around(&level.directory, name, &top.directory).is_ok() => {}
                _ => break,
            }
        }
        match moved {
            Ok(()) => self.levels[1].names.push(to),
            Err(Errno::ENOENT) => {}
            Err(Errno::EBUSY) if is_mount(&level.directory, name) => self.stop(name),
            Err(errno) => self.fail(name, errno),
        }
    }

    fn stop(&mut self, name: &CStr) {
        let path = self.path(name);
        self.left.mounts.push(path);
        self.keep();
    }

    fn fail(&mut self, name: &CStr, errno: Errno) {
        let path = self.path(name);
        self.left.error.get_or_insert((path, errno.into()));
        self.keep();
    }

    fn keep(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            level.keeps = true;
        }
    }

    /// The path of `name` in the last level on the host.
    fn path(&self, name: &CStr) -> PathBuf {
        let names = self.levels.iter().skip(1).map(|level| level.name.as_c_str()).chain([name]);
        let names = names.filter(|name| !name.is_empty());
        self.base.join(names.map(|name| OsStr::from_bytes(name.to_bytes())).collect::<PathBuf>())
    }
}

/// Removes an entry that is not a directory, or enters a directory. Changes the flags of `directory` only if `is_ours`,
/// that is, if it is part of the tree.
fn remove(directory: &Dir, name: &CStr, is_ours: bool) -> Removed {
    match unlinkat(directory.as_fd(), name, UnlinkatFlags::NoRemoveDir) {
        Ok(()) | Err(Errno::ENOENT) => Removed::Gone,
        Err(Errno::EISDIR) => enter(directory, name),
        Err(Errno::EBUSY) if is_mount(directory, name) => Removed::Mount,
        Err(Errno::EPERM) => remove_immutable(directory, name, is_ours),
        Err(errno) => Removed::Failed(errno),
    }
}

/// Removes an entry that is protected: it, or its directory, may be immutable.
fn remove_immutable(directory: &Dir, name: &CStr, is_ours: bool) -> Removed {
    if is_ours && let Err(errno) = immutable::clear(directory.as_fd()) {
        return Removed::Failed(errno);
    }
    match Entry::open(directory.as_fd(), name) {
        Ok(entry) if entry.is_directory() => enter(directory, name),
        Ok(entry) => {
            let Ok(flags) = entry.clear() else { return Removed::Failed(Errno::EPERM) };
            let removed = unlinkat(directory.as_fd(), name, UnlinkatFlags::NoRemoveDir);
            // It may have another name elsewhere that relies on its flags.
            flags.restore();
            match removed {
                Ok(()) | Err(Errno::ENOENT | Errno::EISDIR) => Removed::Gone,
                Err(errno) => Removed::Failed(errno),
            }
        }
        Err(Errno::ENOENT) => Removed::Gone,
        Err(Errno::EXDEV) => Removed::Mount,
        Err(errno) => Removed::Failed(errno),
    }
}

fn enter(directory: &Dir, name: &CStr) -> Removed {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let opened = within::open(directory.as_fd(), name, Reach::Entry, flags, Mode::empty()).and_then(Dir::from_fd);
    match opened {
        Ok(directory) => Removed::Entered(directory),
        Err(Errno::EXDEV) => Removed::Mount,
        // It has been replaced; reading its directory again will show by what.
        Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => Removed::Gone,
        Err(errno) => Removed::Failed(errno),
    }
}

fn is_mount(directory: &Dir, name: &CStr) -> bool {
    let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
    within::open(directory.as_fd(), name, Reach::Entry, flags, Mode::empty()).err() == Some(Errno::EXDEV)
}

/// Clears flags that may keep a directory from being moved.
fn clear_around(from: &Dir, name: &CStr, to: &Dir) -> nix::Result<()> {
    // Not restored: a directory has no other name that could rely on its flags.
    drop(Entry::open(from.as_fd(), name)?.clear()?);
    immutable::clear(from.as_fd()).and(immutable::clear(to.as_fd())).map(drop)
}

#[cfg(test)]
mod tests;
