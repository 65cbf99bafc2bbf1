//! Opens the directory of a guest's journal for reading by the host.
//!
//! Takes: a running machine, or the root of a stopped one. Gives: a private mount of the guest's journal directory, in
//! which nothing can be written or executed and no symlink is followed: the guest may have put one there that leads to
//! files of the host. The mount is visible only through its descriptor, and ends with it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::libc;
use nix::sched::{CloneFlags, setns, unshare};

use super::root::{Root, beneath};
use crate::state::Machine;

/// Where journald keeps files: on disk, or in memory if the first directory does not exist or journald is configured
/// so.
const DIRECTORIES: [&str; 2] = ["/var/log/journal", "/run/log/journal"];

/// A mount of a journal directory; read it through `/proc/self/fd`.
#[derive(Debug)]
pub(in crate::host) struct Journal(OwnedFd);

impl AsFd for Journal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Opens the journal of a running guest; `None` if it has none.
pub(in crate::host) fn of_guest(machine: &Machine) -> io::Result<Option<Journal>> {
    let root = Root::open(machine).map_err(io::Error::other)?;
    // Only in the guest's mount namespace is this a mount that may be copied.
    let mounts = File::open(format!("/proc/{}/ns/mnt", machine.leader))?;
    let Some(directory) = newest(root.directory()) else { return Ok(None) };
    detached(&directory, Some(&mounts)).map(Some)
}

/// Opens the journal in the root of a stopped guest; `None` if it has none.
pub(in crate::host) fn at_rest(root: &Path) -> io::Result<Option<Journal>> {
    let open = File::options().read(true).custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW).open(root);
    let root = match open {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        root => root?,
    };
    match newest(&root) {
        Some(directory) => detached(&directory, None).map(Some),
        None => Ok(None),
    }
}

/// The journal directory below a root that was written to most recently.
fn newest(root: &File) -> Option<OwnedFd> {
    let found = DIRECTORIES.into_iter().filter_map(|path| {
        let directory = beneath(root, path, OFlag::O_RDONLY | OFlag::O_DIRECTORY).ok()?;
        Some((last_write(&directory)?, directory))
    });
    found.max_by_key(|(written, _)| *written).map(|(_, directory)| directory)
}

/// When a journal in the directory was last written; `None` if it has none.
fn last_write(directory: &OwnedFd) -> Option<(i64, i64)> {
    let entries = std::fs::read_dir(format!("/proc/self/fd/{}", directory.as_raw_fd())).ok()?;
    let written = entries.flatten().filter_map(|entry| {
        let path = Path::new(&entry.file_name()).join("system.journal");
        let how = OpenHow::new()
            .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
        let file = File::from(openat2(directory, &path, how).ok()?);
        let metadata = file.metadata().ok()?;
        Some((metadata.mtime(), metadata.mtime_nsec()))
    });
    written.max()
}

/// A detached copy of the mount that a directory is on, rooted at that directory.
fn detached(directory: &OwnedFd, mounts: Option<&File>) -> io::Result<Journal> {
    let Some(mounts) = mounts else { return copied(directory.as_fd()).map(Journal) };
    // A mount namespace can only be entered by a thread that shares its working directory with no other (setns(2)).
    std::thread::scope(|scope| {
        let copying = std::thread::Builder::new().spawn_scoped(scope, || {
            unshare(CloneFlags::CLONE_FS)?;
            setns(mounts, CloneFlags::CLONE_NEWNS)?;
            copied(directory.as_fd()).map(Journal)
        })?;
        copying.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn copied(directory: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = libc::OPEN_TREE_CLONE | libc::OPEN_TREE_CLOEXEC | libc::AT_EMPTY_PATH as libc::c_uint;
    // SAFETY: the empty path ends with a zero and lives for ever.
    let tree = unsafe { libc::syscall(libc::SYS_open_tree, directory.as_raw_fd(), c"".as_ptr(), flags) };
    if tree < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just opened it for us.
    let tree = unsafe { OwnedFd::from_raw_fd(i32::try_from(tree).expect("a descriptor")) };
    let attributes = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY
            | libc::MOUNT_ATTR_NOSUID
            | libc::MOUNT_ATTR_NODEV
            | libc::MOUNT_ATTR_NOEXEC
            | libc::MOUNT_ATTR_NOSYMFOLLOW,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: `attributes` has the size that is given and, as the empty path, lives over the call.
    let set = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    };
    if set < 0 { Err(io::Error::last_os_error()) } else { Ok(tree) }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::host::netns::tests::isolated;

    fn read(journal: &Journal, path: &str) -> io::Result<String> {
        fs::read_to_string(format!("/proc/self/fd/{}/{path}", journal.as_fd().as_raw_fd()))
    }

    #[test]
    fn symlinks_in_a_guests_journal_are_not_followed() {
        isolated(|directory| {
            let (root, secret) = (directory.join("root"), directory.join("secret"));
            fs::write(&secret, "the host's").expect("written");
            let id = root.join("var/log/journal/0123");
            fs::create_dir_all(&id).expect("made");
            assert!(at_rest(&root).expect("looked at").is_none(), "no journal yet");
            fs::write(id.join("system.journal"), "the guest's").expect("written");
            symlink(&secret, id.join("absolute.journal")).expect("a symlink");
            symlink("../../../../../secret", id.join("relative.journal")).expect("a symlink");
            let journal = at_rest(&root).expect("opened").expect("there");
            assert_eq!(read(&journal, "0123/system.journal").ok().as_deref(), Some("the guest's"));
            for link in ["0123/absolute.journal", "0123/relative.journal"] {
                assert!(id.join(link.rsplit('/').next().expect("a name")).exists(), "it does lead out");
                let error = read(&journal, link).expect_err("not followed");
                assert_eq!(error.raw_os_error(), Some(libc::ELOOP), "{link}");
            }
            let new = format!("/proc/self/fd/{}/new", journal.as_fd().as_raw_fd());
            let error = fs::write(new, "").expect_err("it may only be read");
            assert_eq!(error.kind(), io::ErrorKind::ReadOnlyFilesystem);
        });
    }

    #[test]
    fn a_symlink_to_the_journal_directory_is_resolved_in_the_root() {
        isolated(|directory| {
            let (root, hosts) = (directory.join("root"), directory.join("log/journal/0123"));
            fs::create_dir_all(&hosts).expect("made");
            fs::write(hosts.join("system.journal"), "the host's").expect("written");
            fs::create_dir_all(root.join("var")).expect("made");
            symlink(directory.join("log"), root.join("var/log")).expect("a symlink");
            assert!(root.join("var/log/journal").exists(), "it does lead out");
            assert!(at_rest(&root).expect("looked at").is_none());
            // The root itself must be a directory of the host, not a symlink.
            symlink(&root, directory.join("link")).expect("a symlink");
            at_rest(&directory.join("link")).expect_err("refused");
            assert!(at_rest(&directory.join("nowhere")).expect("looked at").is_none());
        });
    }

    #[test]
    fn the_journal_that_was_written_last_is_used() {
        isolated(|directory| {
            for (path, age) in [("run/log/journal/01", 10), ("var/log/journal/01", 20)] {
                fs::create_dir_all(directory.join(path)).expect("made");
                let file = File::create(directory.join(path).join("system.journal")).expect("made");
                let then = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
                file.set_modified(then).expect("set");
            }
            fs::write(directory.join("run/log/journal/mark"), "volatile").expect("written");
            let journal = at_rest(directory).expect("opened").expect("there");
            assert_eq!(read(&journal, "mark").ok().as_deref(), Some("volatile"));
        });
    }
}
