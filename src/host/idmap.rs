//! Mounts directories so that their files appear under other owners (mount_setattr(2), *ID-mapped mounts*).
//!
//! The users of a guest with private users have the IDs from its base on. On disk, its files have the IDs that the
//! guest sees, as for any other guest: 33 is 33. The exception is root in directories that the guest may write to: on
//! disk the guest's root is there the ID `base`, not the host's root. Otherwise it could leave a set-uid program that
//! makes any user of the host root. Files of the host's root belong to nobody there.

use std::ffi::CString;
use std::fs::{self, DirBuilder, File, FileType};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt};
use std::path::{Path, PathBuf};

use nix::libc;
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pause, pipe, write};

use super::{mounts, wipe};
use crate::model::spec::Users;
use crate::render::nspawn::Mapped;

/// Why a path could not be mapped to a guest's users.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it")]
pub(crate) enum MapError {
    #[error("{} cannot be mapped to private users: it or a mount below it does not support id-mapped mounts", path.display())]
    Unmappable { path: PathBuf, source: io::Error },
    #[error("cannot map {} to private users", path.display())]
    Mount { path: PathBuf, source: io::Error },
}

/// Mounts each of `mounts` for the guest whose IDs start at `base`. Nothing may be mounted there yet.
pub(super) fn mount_all(mounts: &[Mapped], base: u32) -> Result<(), MapError> {
    let namespace = |path: &Path, map: &[Range]| {
        namespace(map).map_err(|source| MapError::Mount { path: path.to_owned(), source })
    };
    let (mut readable, mut writable) = (None, None);
    for Mapped { source, at, read_only } in mounts {
        let (users, map) = if *read_only { (&mut readable, whole(base)) } else { (&mut writable, rootless(base)) };
        let users = match users {
            Some(users) => users,
            none => none.insert(namespace(source, &map)?),
        };
        mount(source, at, users.as_fd(), *read_only)?;
    }
    Ok(())
}

/// Whether [`mount_all`] can mount `path`; `None` if that cannot be tested.
pub(super) fn is_mappable(path: &Path) -> Option<bool> {
    if !nix::unistd::geteuid().is_root() {
        return None;
    }
    let users = namespace(&whole(Users::COUNT)).ok()?;
    let tree = tree(path).ok()?;
    match map(path, tree.as_fd(), users.as_fd(), true) {
        Ok(_) => Some(true),
        Err(MapError::Unmappable { .. }) => Some(false),
        Err(MapError::Mount { .. }) => None,
    }
}

/// Unmounts everything that [`mount_all`] mounted in `directory`, and removes the directory. A missing directory is not
/// an error.
pub(super) fn unmount_all(directory: &Path) -> Result<(), (PathBuf, io::Error)> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|error| (directory.to_owned(), error))?,
    };
    for entry in entries {
        let path = entry.map_err(|error| (directory.to_owned(), error))?.path();
        mounts::detach(&path).map_err(|error| (path, error))?;
    }
    wipe::tree(directory).or_error()
}

/// A range of IDs on disk, and the IDs that it is mounted as.
struct Range {
    on_disk: u32,
    mounted: u32,
    count: u32,
}

/// A map of all users of a guest to their own IDs on disk.
fn whole(base: u32) -> Vec<Range> {
    vec![Range { on_disk: 0, mounted: base, count: Users::COUNT }]
}

/// Like [`whole`], except that the guest's root has the ID `base` on disk.
fn rootless(base: u32) -> Vec<Range> {
    let root = Range { on_disk: base, mounted: base, count: 1 };
    vec![root, Range { on_disk: 1, mounted: base + 1, count: Users::COUNT - 1 }]
}

/// A user namespace with this map that no process is in.
fn namespace(map: &[Range]) -> io::Result<File> {
    let (ready, told) = pipe()?;
    // SAFETY: the child does system calls only, and never returns from here.
    match unsafe { fork() }? {
        ForkResult::Child => {
            if unshare(CloneFlags::CLONE_NEWUSER).is_ok() && write(&told, b"!").is_ok() {
                pause();
            }
            // SAFETY: always allowed in a child.
            unsafe { libc::_exit(1) }
        }
        ForkResult::Parent { child } => {
            drop(told);
            let made = of_child(child, ready, map);
            // It may have ended already.
            _ = kill(child, Signal::SIGKILL);
            _ = waitpid(child, None);
            made
        }
    }
}

fn of_child(child: Pid, ready: OwnedFd, map: &[Range]) -> io::Result<File> {
    File::from(ready).read_exact(&mut [0])?;
    let lines: String =
        map.iter().map(|range| format!("{} {} {}\n", range.on_disk, range.mounted, range.count)).collect();
    for file in ["uid_map", "gid_map"] {
        fs::write(format!("/proc/{child}/{file}"), &lines)?;
    }
    File::open(format!("/proc/{child}/ns/user"))
}

fn mount(source: &Path, at: &Path, users: BorrowedFd<'_>, read_only: bool) -> Result<(), MapError> {
    let failed = |error: io::Error| MapError::Mount { path: source.to_owned(), source: error };
    let tree = tree(source).map_err(failed)?;
    let kind = map(source, tree.as_fd(), users, read_only)?;
    // The directories above the source may deny access to users of the host, and so must this one.
    let private = |directory: &Path| DirBuilder::new().recursive(true).mode(0o700).create(directory);
    let directory = at.parent().map_or(Ok(()), private);
    let make = directory.and_then(|()| match kind.is_dir() {
        true => fs::create_dir(at),
        false => File::create_new(at).map(drop),
    });
    make.and_then(|()| attach(tree.as_fd(), at)).map_err(failed)
}

/// Maps a tree that was cloned from `source`, unless that is a device; returns its file type.
fn map(source: &Path, tree: BorrowedFd<'_>, users: BorrowedFd<'_>, read_only: bool) -> Result<FileType, MapError> {
    let failed = |error: io::Error| MapError::Mount { path: source.to_owned(), source: error };
    let kind = source.metadata().map_err(failed)?.file_type();
    // Mapping a device's owner has no use: its mode and the unit decide who may open it.
    let is_device = kind.is_char_device() || kind.is_block_device();
    let users = (!is_device).then_some(users);
    set(tree, users, read_only).map_err(|error| match error.raw_os_error() {
        Some(libc::EINVAL) if users.is_some() => MapError::Unmappable { path: source.to_owned(), source: error },
        _ => failed(error),
    })?;
    Ok(kind)
}

/// A detached copy of the mounts at and below `path`.
fn tree(path: &Path) -> io::Result<OwnedFd> {
    let path = c_string(path)?;
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | libc::AT_RECURSIVE as libc::c_uint;
    // SAFETY: `path` ends with a zero and lives over the call.
    let fd = unsafe { libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, path.as_ptr(), flags) };
    let fd = i32::try_from(check(fd)?).expect("a descriptor");
    // SAFETY: the kernel has just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Maps the mounts of a tree to `users`, if given, and keeps out what is mounted in the original later.
fn set(tree: BorrowedFd<'_>, users: Option<BorrowedFd<'_>>, read_only: bool) -> io::Result<()> {
    let map = if users.is_some() { libc::MOUNT_ATTR_IDMAP } else { 0 };
    let attributes = libc::mount_attr {
        attr_set: map | if read_only { libc::MOUNT_ATTR_RDONLY } else { 0 },
        attr_clr: 0,
        propagation: libc::MS_PRIVATE,
        userns_fd: users.map_or(0, |users| users.as_raw_fd().unsigned_abs().into()),
    };
    let flags = libc::AT_EMPTY_PATH | libc::AT_RECURSIVE;
    // SAFETY: `attributes` has the size that is given and, as the empty path, lives over the call.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    })?;
    Ok(())
}

fn attach(tree: BorrowedFd<'_>, at: &Path) -> io::Result<()> {
    let at = c_string(at)?;
    // SAFETY: both paths end with a zero and live over the call.
    check(unsafe {
        libc::syscall(
            libc::SYS_move_mount,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_FDCWD,
            at.as_ptr(),
            libc::MOVE_MOUNT_F_EMPTY_PATH,
        )
    })?;
    Ok(())
}

fn c_string(path: &Path) -> io::Result<CString> {
    Ok(CString::new(path.as_os_str().as_bytes())?)
}

fn check(result: libc::c_long) -> io::Result<libc::c_long> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt, chown};

    use super::*;
    use crate::host::netns::tests::isolated;

    const BASE: u32 = 0x0008_0000;

    #[test]
    fn a_guests_users_have_their_numbers_on_disk_and_its_root_has_none_of_the_hosts() {
        if !crate::host::namespaces::is_root("to map the owners of files on a mount") {
            return;
        }
        isolated(|directory| {
            let (source, mapped) = (directory.join("data"), directory.join("mapped"));
            fs::create_dir(&source).expect("made");
            for (file, owner) in [("web", 33), ("guests-root", BASE), ("hosts-root", 0)] {
                fs::write(source.join(file), file).expect("written");
                chown(source.join(file), Some(owner), Some(owner)).expect("given");
            }
            let mounts = [false, true].map(|read_only| Mapped {
                source: source.clone(),
                at: mapped.join(read_only.to_string()),
                read_only,
            });
            let file = Mapped { source: source.join("web"), at: mapped.join("file"), read_only: false };
            let device = Mapped { source: "/dev/null".into(), at: mapped.join("device"), read_only: false };
            mount_all(&[&mounts[..], &[file, device]].concat(), BASE).expect("mounted");
            let owner = |path: &str| mapped.join(path).metadata().expect("there").uid();
            let nobody = 65534;
            assert_eq!(
                ["false/web", "false/guests-root", "false/hosts-root"].map(owner),
                [BASE + 33, BASE, nobody]
            );
            assert_eq!(["true/web", "true/guests-root", "true/hosts-root"].map(owner), [BASE + 33, nobody, BASE]);
            assert_eq!((owner("file"), owner("device")), (BASE + 33, 0));
            assert_eq!(mapped.metadata().expect("there").mode() & 0o777, 0o700, "nobody else is to see it");
            let error = fs::write(mapped.join("true/new"), "").expect_err("it may only be read");
            assert_eq!(error.kind(), io::ErrorKind::ReadOnlyFilesystem);
            for _ in 0..2 {
                unmount_all(&mapped).expect("unmounted");
                assert!(!mapped.exists());
            }
            assert_eq!(
                fs::read_to_string(source.join("web")).ok().as_deref(),
                Some("web"),
                "what was mounted stays"
            );
        });
    }

    #[test]
    fn a_file_system_without_maps_is_named() {
        if !crate::host::namespaces::is_root("to map the owners of files on a mount") {
            return;
        }
        isolated(|directory| {
            let proc = Mapped { source: "/proc".into(), at: directory.join("0"), read_only: false };
            let error = mount_all(&[proc], BASE).expect_err("proc has none");
            assert!(matches!(&error, MapError::Unmappable { path, .. } if path == Path::new("/proc")), "{error:?}");
            assert!(!directory.join("0").exists());
            let mappable =
                [Path::new("/proc"), directory, Path::new("/dev/null"), Path::new("/nowhere")].map(is_mappable);
            assert_eq!(mappable, [Some(false), Some(true), Some(true), None]);
        });
    }
}
