//! Opens what lies in a directory that somebody else may write, without being led out of it (openat2(2)).

use std::os::fd::{AsFd, OwnedFd};

use nix::NixPath;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::stat::Mode;

/// How far a path may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Symlinks are followed as a process would follow them that has the directory as its `/`.
    Root,
    /// Nothing is followed: no symlink, no mount (a bind mount of the same file system neither), no `..` that leads out.
    Entry,
}

/// Opens `path`, which is relative to `directory`.
///
/// # Errors
/// With [`Reach::Entry`], `EXDEV` says that something is mounted there, and `ELOOP` that there is a symlink.
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
    // The kernel gives up on a path with `..` when anything on the host is renamed or mounted meanwhile.
    for _ in 0..64 {
        match openat2(directory.as_fd(), path, how) {
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            result => return result,
        }
    }
    Err(Errno::EAGAIN)
}
