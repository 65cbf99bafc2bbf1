//! What systemd-nspawn leaves behind when it is killed. Each of these makes the next start fail, or stays for ever.
//!
//! - With `--ephemeral` it runs a copy of the root beside it, `.#machine.NAME` and 16 digits, and holds a lock
//!   `.#….lck` on it.
//! - It mounts a folder for the guest's sockets, and refuses to start where there is one already.
//! - machined still has the machine, and registers no second one of that name.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::mount::{MntFlags, umount2};

use crate::model::ContainerName;

/// Where nspawn shows the sockets that a guest exports (since systemd 256).
const EXPORTS: &str = "/run/systemd/nspawn/unix-export";

/// Removes the folder for the sockets of a guest that does not run.
pub(super) fn remove_export(name: &ContainerName) -> Result<(), (PathBuf, io::Error)> {
    let path = Path::new(EXPORTS).join(name.as_str());
    let unmounted = match umount2(&path, MntFlags::MNT_DETACH) {
        Err(Errno::EINVAL | Errno::ENOENT) | Ok(()) => Ok(()),
        Err(errno) => Err(errno.into()),
    };
    let removed = unmounted.and_then(|()| match fs::remove_dir(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    });
    removed.map_err(|error| (path, error))
}

/// Removes the copies of the root at `root` that nobody runs any more.
pub(super) fn remove_dead_copies(root: &Path) -> Result<(), (PathBuf, io::Error)> {
    let (Some(folder), Some(name)) = (root.parent(), root.file_name().and_then(|name| name.to_str())) else {
        return Ok(());
    };
    let at = |path: &Path| {
        let path = path.to_owned();
        |error| (path, error)
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(at(folder))?,
    };
    for entry in entries {
        let entry = entry.map_err(at(folder))?.file_name();
        let Some(copy) = entry.to_str().filter(|entry| is_copy(entry, name)) else { continue };
        let lock = folder.join(lock_of(copy));
        // Held until the copy is gone, so that nobody takes it over in between.
        let Some(held) = dead(&lock).map_err(at(&lock))? else { continue };
        let copy = folder.join(copy);
        remove_tree(&copy).map_err(at(&copy))?;
        remove_lock(&lock).map_err(at(&lock))?;
        drop(held);
    }
    Ok(())
}

/// Whether `entry` is a copy of the root called `name`, and not of one whose name begins like it.
fn is_copy(entry: &str, name: &str) -> bool {
    let digits = entry.strip_prefix(".#machine.").and_then(|rest| rest.strip_prefix(name));
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

fn lock_of(copy: &str) -> OsString {
    format!(".#{copy}.lck").into()
}

/// The lock on a copy that nobody runs; `None` while somebody does.
fn dead(lock: &Path) -> io::Result<Option<Option<Flock<File>>>> {
    let file = match File::open(lock) {
        // Killed between making the copy and locking it, or while removing both.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some(None)),
        file => file?,
    };
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(held) => Ok(Some(Some(held))),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, errno)) => Err(errno.into()),
    }
}

/// Removes a tree. NixOS makes its `/var/empty` immutable (chattr(1)), which holds even against root.
fn remove_tree(tree: &Path) -> io::Result<()> {
    match fs::remove_dir_all(tree) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            immutable::clear(tree)?;
            fs::remove_dir_all(tree)
        }
        result => result,
    }
}

/// The flag `i` of chattr(1) (ioctl_iflags(2)).
mod immutable {
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;

    use nix::libc::{O_NOFOLLOW, O_NONBLOCK, c_int, c_long};

    const FLAG: c_int = 0x10;

    // The kernel's headers say `long`, but what it reads and writes is an `int`.
    nix::ioctl_read_bad!(get_flags, nix::request_code_read!(b'f', 1, size_of::<c_long>()), c_int);
    nix::ioctl_write_ptr_bad!(set_flags, nix::request_code_write!(b'f', 2, size_of::<c_long>()), c_int);

    /// Clears it from a file or folder and all that is in it. Links are not followed.
    pub(super) fn clear(path: &Path) -> io::Result<()> {
        let kind = fs::symlink_metadata(path)?.file_type();
        if kind.is_dir() || kind.is_file() {
            let file = OpenOptions::new().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(path)?;
            let flags = flags(&file)?;
            if flags & FLAG != 0 {
                set(&file, flags & !FLAG)?;
            }
        }
        if kind.is_dir() {
            for entry in fs::read_dir(path)? {
                clear(&entry?.path())?;
            }
        }
        Ok(())
    }

    pub(super) fn flags(file: &File) -> io::Result<c_int> {
        let mut flags = 0;
        // SAFETY: the descriptor is open as long as `file` is borrowed, and `flags` is the int that the kernel writes.
        match unsafe { get_flags(file.as_raw_fd(), &mut flags) } {
            // This file system has no flags.
            Err(nix::errno::Errno::ENOTTY | nix::errno::Errno::EOPNOTSUPP) => Ok(0),
            result => Ok(result.map(|_| flags)?),
        }
    }

    pub(super) fn set(file: &File, flags: c_int) -> io::Result<()> {
        // SAFETY: the descriptor is open as long as `file` is borrowed, and the kernel only reads `flags`.
        unsafe { set_flags(file.as_raw_fd(), &flags) }?;
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::host::netns::tests::isolated;

        #[test]
        fn an_immutable_folder_can_be_removed_afterwards() {
            isolated(|folder| {
                let tree = folder.join("copy");
                let empty = tree.join("var/empty");
                fs::create_dir_all(&empty).expect("made");
                fs::write(empty.join("file"), "").expect("written");
                std::os::unix::fs::symlink("/nowhere", tree.join("link")).expect("a link");
                for path in [empty.join("file"), empty.clone()] {
                    let file = File::open(path).expect("opened");
                    let flags = flags(&file).expect("a file system with flags");
                    set(&file, flags | FLAG).expect("immutable");
                }
                fs::remove_dir_all(&tree).expect_err("it is immutable");
                super::super::remove_tree(&tree).expect("removed");
                assert!(!tree.exists());
            });
        }
    }
}

fn remove_lock(lock: &Path) -> io::Result<()> {
    match fs::remove_file(lock) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use nix::mount::{MsFlags, mount};

    use super::*;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn an_export_that_is_mounted_goes() {
        empty_host(|| {
            let name = ContainerName::new("web").expect("a good name");
            let path = Path::new(EXPORTS).join("web");
            fs::create_dir_all(&path).expect("made");
            let tmpfs = mount(Some("tmpfs"), &path, Some("tmpfs"), MsFlags::empty(), None::<&str>);
            tmpfs.expect("mounted");
            fs::write(path.join("ssh"), "").expect("written");
            for _ in 0..2 {
                remove_export(&name).expect("removed");
                assert!(!path.exists());
            }
        });
    }

    #[test]
    fn only_dead_copies_of_this_very_root_are_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let [dead, unlocked, running] =
            ["0123456789abcdef", "0123456789abcde0", "fedcba9876543210"].map(|n| format!(".#machine.web{n}"));
        let others = [
            "web",
            ".#machine.web-10123456789abcdef",
            ".#machine.web0123456789abcdef0123456789abcdef",
            ".#machine.web",
        ];
        for copy in [&dead, &unlocked, &running].map(String::as_str).into_iter().chain(others) {
            fs::create_dir_all(at(copy).join("etc")).expect("made");
        }
        for copy in [&dead, &running] {
            fs::write(at(".").join(lock_of(copy)), "").expect("written");
        }
        let lock = File::open(folder.path().join(lock_of(&running))).expect("opened");
        let held = Flock::lock(lock, FlockArg::LockExclusive).map_err(|(_, errno)| errno).expect("locked");
        remove_dead_copies(&at("web")).expect("removed");
        for gone in [&dead, &unlocked] {
            assert!(!at(gone).exists(), "{gone}");
        }
        assert!(!folder.path().join(lock_of(&dead)).exists());
        for stays in others.into_iter().chain([running.as_str()]) {
            assert!(at(stays).exists(), "{stays}");
        }
        drop(held);
        remove_dead_copies(&at("web")).expect("removed");
        assert!(!at(&running).exists());
        remove_dead_copies(&at("none/web")).expect("nothing there");
    }
}
