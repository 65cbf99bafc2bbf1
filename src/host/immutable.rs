//! Handles the flags `i` and `a` of chattr(1), which keep even root from removing a file (ioctl_iflags(2)). NixOS sets
//! `i` on its `/var/empty`.

use std::ffi::CStr;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc::{O_NOFOLLOW, O_NONBLOCK, S_IFDIR, S_IFMT, S_IFREG, c_int, c_long};
use nix::sys::stat::{FileStat, Mode, fstat};

use super::within::{self, Reach};

const IMMUTABLE: c_int = 0x10;
const APPEND_ONLY: c_int = 0x20;

// The kernel's headers say `long`, but the kernel reads and writes an `int`.
nix::ioctl_read_bad!(get_flags, nix::request_code_read!(b'f', 1, size_of::<c_long>()), c_int);
nix::ioctl_write_ptr_bad!(set_flags, nix::request_code_write!(b'f', 2, size_of::<c_long>()), c_int);

/// Whether a file's flags keep it from being replaced or removed; false if it is not a regular file, or cannot be
/// opened.
pub(super) fn is_fixed(path: &Path) -> bool {
    // Opening a device or a pipe may have an effect.
    if !path.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let file = File::options().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(path);
    file.is_ok_and(|file| flags(&file).is_ok_and(|flags| flags & (IMMUTABLE | APPEND_ONLY) != 0))
}

/// An entry of a directory, held without opening it: opening a device may have an effect.
pub(super) struct Entry {
    held: OwnedFd,
    stat: FileStat,
}

impl Entry {
    /// Looks up `name` in `directory`.
    ///
    /// # Errors
    /// `EXDEV` if something is mounted there.
    pub(super) fn open(directory: impl AsFd, name: &CStr) -> nix::Result<Self> {
        let flags = OFlag::O_PATH | OFlag::O_NOFOLLOW;
        let held = within::open(directory, name, Reach::Entry, flags, Mode::empty())?;
        let stat = fstat(&held)?;
        Ok(Self { held, stat })
    }

    pub(super) fn stat(&self) -> &FileStat {
        &self.stat
    }

    pub(super) fn is_directory(&self) -> bool {
        self.stat.st_mode & S_IFMT == S_IFDIR
    }

    /// Clears the flags, if this is a file or a directory.
    pub(super) fn clear(&self) -> nix::Result<Cleared> {
        if !matches!(self.stat.st_mode & S_IFMT, S_IFDIR | S_IFREG) {
            return Ok(Cleared(None));
        }
        // This path opens what is held, whatever has its name by now.
        let path = format!("/proc/thread-self/fd/{}", self.held.as_raw_fd());
        let file = open(path.as_str(), OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty())?;
        let flags = clear(&file)?;
        Ok(Cleared(flags.map(|flags| (file.into(), flags))))
    }
}

impl AsFd for Entry {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.held.as_fd()
    }
}

/// The flags that were cleared from a file.
#[must_use]
pub(super) struct Cleared(Option<(File, c_int)>);

impl Cleared {
    /// Restores the flags, if the file still has a name.
    pub(super) fn restore(self) {
        let Some((file, flags)) = self.0 else { return };
        if fstat(&file).is_ok_and(|stat| stat.st_nlink > 0)
            && let Err(errno) = set(&file, flags)
        {
            tracing::warn!("cannot restore the flags of a removed file that has another name: {errno}");
        }
    }
}

/// Clears the flags of an open file; returns the former flags if any were set.
pub(super) fn clear(file: impl AsFd) -> nix::Result<Option<c_int>> {
    let former = flags(&file)?;
    let rest = former & !(IMMUTABLE | APPEND_ONLY);
    if rest == former {
        return Ok(None);
    }
    set(&file, rest).map(|()| Some(former))
}

fn flags(file: impl AsFd) -> nix::Result<c_int> {
    let mut flags = 0;
    // SAFETY: the descriptor is open as long as `file` is borrowed, and `flags` is the int that the kernel writes.
    match unsafe { get_flags(file.as_fd().as_raw_fd(), &mut flags) } {
        // The file system has no flags.
        Err(Errno::ENOTTY | Errno::EOPNOTSUPP) => Ok(0),
        result => result.map(|_| flags),
    }
}

fn set(file: impl AsFd, flags: c_int) -> nix::Result<()> {
    // SAFETY: the descriptor is open as long as `file` is borrowed, and the kernel only reads `flags`.
    unsafe { set_flags(file.as_fd().as_raw_fd(), &flags) }.map(drop)
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use super::*;

    /// Makes a file or directory immutable.
    pub(in crate::host) fn make_immutable(path: &Path) {
        let file = File::open(path).expect("opened");
        let flags = flags(&file).expect("a file system with flags");
        set(&file, flags | IMMUTABLE).expect("immutable");
    }

    pub(in crate::host) fn is_immutable(path: &Path) -> bool {
        flags(File::open(path).expect("opened")).expect("a file system with flags") & IMMUTABLE != 0
    }

    #[test]
    fn flags_are_cleared_and_restored() {
        if !crate::host::namespaces::is_root("to make a file immutable") {
            return;
        }
        crate::host::netns::tests::isolated(|directory| {
            let file = directory.join("file");
            fs::write(&file, "").expect("written");
            make_immutable(&file);
            let parent = File::open(directory).expect("opened");
            let entry = Entry::open(&parent, c"file").expect("there");
            let cleared = entry.clear().expect("cleared");
            assert!(!is_immutable(&file));
            cleared.restore();
            assert!(is_immutable(&file) && is_fixed(&file));
            std::os::unix::fs::symlink("file", directory.join("link")).expect("a symlink");
            // The symlink itself would be replaced.
            assert!(
                !is_fixed(&directory.join("link")) && !is_fixed(directory) && !is_fixed(&directory.join("none"))
            );
            clear(File::open(&file).expect("opened")).expect("cleared");
        });
    }
}
