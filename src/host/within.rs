//! Opens files in a directory that others may write to, without being led out of it (openat2(2)).

use std::os::fd::{AsFd, OwnedFd};

use nix::NixPath;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::Mode;

/// How paths are resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Symlinks are followed as if the directory were `/`.
    Root,
    /// Nothing is followed: no symlinks, no mounts (not even bind mounts of the same file system), and no `..` out of
    /// the directory.
    Entry,
}

/// Opens `path`, relative to `directory`.
///
/// # Errors
/// With [`Reach::Entry`], `EXDEV` means that something is mounted there, and `ELOOP` that it is a symlink.
pub(super) fn open<P: ?Sized + NixPath>(
    directory: impl AsFd,
    path: &P,
    reach: Reach,
    flags: OFlag,
    mode: Mode,
) -> nix::Result<OwnedFd> {
    let resolve = match reach {
        Reach::Root => ResolveFlag::RESOLVE_IN_ROOT,
        Reach::Entry => {
            ResolveFlag::RESOLVE_BENEATH
                | ResolveFlag::RESOLVE_NO_SYMLINKS
                | ResolveFlag::RESOLVE_NO_MAGICLINKS
                | ResolveFlag::RESOLVE_NO_XDEV
        }
    };
    let how = OpenHow::new().flags(flags | OFlag::O_CLOEXEC).mode(mode).resolve(resolve);
    // The kernel gives up with EAGAIN on a path with `..` if anything on the host is renamed or mounted meanwhile.
    for _ in 0..64 {
        match openat2(directory.as_fd(), path, how) {
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            result => return result,
        }
    }
    Err(Errno::EAGAIN)
}
