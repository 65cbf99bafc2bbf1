//! Removes what a container leaves behind. Some of it makes the next start fail, and none of it would ever go away by
//! itself.
//!
//! - The root of an ephemeral container. We create one for each run, and systemd-nspawn locks it while it runs
//!   (`.#ROOT.lck` beside it). Earlier versions had nspawn copy it (`.#machine.NAME` and 16 digits) from a template
//!   with the container's name.
//! - A directory for the guest's sockets, with a mount: nspawn refuses to start if it exists.
//! - A directory through which mounts get into a running guest.
//! - machined's record of the machine, which keeps another machine of the same name from being registered
//!   ([`super::machined`]).
//!
//! If someone has mounted something in a root, the root is left alone and logged, and removing it is tried again at
//! each cleanup. It does not prevent anything.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::mounts::{self, Mount};
use super::wipe::{self, Left};
use crate::model::ContainerName;
use crate::render::paths;

/// Where nspawn puts the sockets that a guest exports (since systemd 256).
const EXPORTS: &str = "/run/systemd/nspawn/unix-export";

/// Through here machined mounts paths in a running guest.
const PROPAGATE: &str = "/run/systemd/nspawn/propagate";

/// Removes nspawn's own directories of a stopped guest.
pub(super) fn remove_directories(name: &ContainerName) -> Result<(), (PathBuf, io::Error)> {
    let path = Path::new(EXPORTS).join(name.as_str());
    mounts::detach(&path).map_err(|error| (path.clone(), error))?;
    wipe::tree(&path).or_error()?;
    // nspawn starts even if this directory exists.
    tell(name, &wipe::tree(&Path::new(PROPAGATE).join(name.as_str())));
    Ok(())
}

/// The existing roots of an ephemeral container, in use or not.
pub(super) fn roots_of(name: &ContainerName) -> Vec<PathBuf> {
    let roots = roots().unwrap_or_default();
    roots.into_iter().filter(|(_, root)| root.is_of(name)).map(|(path, _)| path).collect()
}

/// Removes the unused roots of an ephemeral container, and those of containers that no longer exist; returns the first
/// error. A mount in a root is not an error.
pub(super) fn remove_dead_roots(name: &ContainerName) -> Result<(), (PathBuf, io::Error)> {
    let removed = remove_roots(|root| root.is_of(name), true);
    sweep();
    removed
}

/// Removes the roots of containers that no longer exist, if that failed before.
pub(super) fn sweep() {
    let is_gone = |root: &Root| matches!(root, Root::Ours(name) if !paths::record(name).exists());
    // Mounts in it were logged when the container was removed.
    if let Err((path, error)) = remove_roots(is_gone, false) {
        tracing::warn!("cannot remove {}: {error}", path.display());
    }
}

/// The mounts in unused roots of `name`.
pub(super) fn mounts_in_dead_roots(name: &ContainerName) -> Vec<Mount> {
    let Ok(roots) = roots() else { return Vec::new() };
    let dead = roots.into_iter().filter(|(_, root)| root.is_of(name));
    let dead = dead.filter(|(path, _)| matches!(is_locked(&lock_of(path)), Ok(false)));
    dead.flat_map(|(path, _)| mounts::below(&path).unwrap_or_default()).collect()
}

/// A directory among the roots of ephemeral containers.
#[derive(Debug, PartialEq, Eq)]
enum Root {
    /// Created by us for a run of this container.
    Ours(ContainerName),
    /// Something of this name: a template, or a copy that nspawn made of one. It may belong to another program.
    Others(String),
}

impl Root {
    fn new(entry: &str) -> Option<Self> {
        let is_run =
            |digits: &str| digits.len() == paths::RUN_DIGITS && digits.bytes().all(|it| it.is_ascii_hexdigit());
        if let Some((name, digits)) = entry.split_once('_') {
            return ContainerName::new(name).ok().filter(|_| is_run(digits)).map(Self::Ours);
        }
        let Some(copy) = entry.strip_prefix(".#machine.") else { return Some(Self::Others(entry.to_owned())) };
        let (name, digits) = copy.split_at_checked(copy.len().checked_sub(paths::RUN_DIGITS)?)?;
        is_run(digits).then(|| Self::Others(name.to_owned()))
    }

    fn is_of(&self, name: &ContainerName) -> bool {
        match self {
            Self::Ours(other) => other == name,
            Self::Others(other) => other == name.as_str(),
        }
    }
}

fn roots() -> io::Result<Vec<(PathBuf, Root)>> {
    let entries = match fs::read_dir(paths::EPHEMERAL_ROOTS) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut roots = Vec::new();
    for entry in entries {
        let entry = entry?;
        roots.extend(entry.file_name().to_str().and_then(Root::new).map(|root| (entry.path(), root)));
    }
    Ok(roots)
}

fn remove_roots(is_meant: impl Fn(&Root) -> bool, tells: bool) -> Result<(), (PathBuf, io::Error)> {
    let roots = roots().map_err(|error| (paths::EPHEMERAL_ROOTS.into(), error))?;
    let mut removed = Ok(());
    for (path, root) in roots.into_iter().filter(|(_, root)| is_meant(root)) {
        removed = removed.and(remove_root(&path, &root, tells));
    }
    removed
}

fn remove_root(path: &Path, root: &Root, tells: bool) -> Result<(), (PathBuf, io::Error)> {
    let lock = lock_of(path);
    let at_lock = |error| (lock.clone(), error);
    // Held until the root is gone, so that no process starts to use it in between.
    let Some(held) = dead_lock(&lock).map_err(at_lock)? else { return Ok(()) };
    let left = wipe::tree(path);
    match fs::remove_file(&lock) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at_lock(error)),
        _ => drop(held),
    }
    if tells {
        match root {
            Root::Ours(name) => tell(name, &left),
            Root::Others(name) => tell(name, &left),
        }
    }
    left.error.map_or(Ok(()), Err)
}

/// Logs the mounts that keep a root from being removed.
fn tell(name: impl std::fmt::Display, left: &Left) {
    if left.mounts.is_empty() {
        return;
    }
    // If `/proc` cannot be read, log just the paths.
    let all = mounts::all().unwrap_or_default();
    for path in &left.mounts {
        let mount = all.iter().rfind(|mount| mount.at == *path);
        let shown = mount.map_or_else(|| path.display().to_string(), ToString::to_string);
        tracing::warn!("cannot remove a former root of `{name}`: {shown} is mounted there, and was left alone");
    }
}

/// The lock that systemd-nspawn takes on a root.
fn lock_of(root: &Path) -> PathBuf {
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    root.with_file_name(format!(".#{name}.lck"))
}

/// Locks an unused root, if its lock file exists; `None` while the root is in use.
fn dead_lock(lock: &Path) -> io::Result<Option<Option<File>>> {
    // A missing lock file means that a process was killed between creating the root and locking it, or while removing
    // both.
    let Some(file) = open_lock(lock)? else { return Ok(Some(None)) };
    match fcntl(&file, FcntlArg::F_OFD_SETLK(&WHOLE)) {
        Ok(_) => Ok(Some(Some(file))),
        Err(Errno::EAGAIN | Errno::EACCES) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// Whether a root is in use. This does not take the lock, which would keep a container from starting just then.
fn is_locked(lock: &Path) -> io::Result<bool> {
    let Some(file) = open_lock(lock)? else { return Ok(false) };
    let mut found = WHOLE;
    fcntl(&file, FcntlArg::F_OFD_GETLK(&mut found))?;
    Ok(found.l_type != WHOLE_FREE)
}

fn open_lock(lock: &Path) -> io::Result<Option<File>> {
    match File::options().read(true).write(true).custom_flags(libc::O_NOFOLLOW).open(lock) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => file.map(Some),
    }
}

/// The kind of lock that systemd takes (fcntl(2), *open file description locks*). A flock(2) lock would neither see it
/// nor be seen by it.
const WHOLE: libc::flock = libc::flock {
    l_type: libc::F_WRLCK as libc::c_short,
    l_whence: libc::SEEK_SET as libc::c_short,
    l_start: 0,
    l_len: 0,
    l_pid: 0,
};

/// The type to which the kernel sets a lock that could be taken.
const WHOLE_FREE: libc::c_short = libc::F_UNLCK as libc::c_short;

#[cfg(test)]
mod tests {
    use nix::mount::{MntFlags, MsFlags, mount, umount2};

    use super::*;
    use crate::host::atomic_file;
    use crate::host::netns::tests::empty_host;

    fn name(name: &str) -> ContainerName {
        ContainerName::new(name).expect("a good name")
    }

    fn at(name: &str) -> PathBuf {
        Path::new(paths::EPHEMERAL_ROOTS).join(name)
    }

    #[test]
    fn nspawns_directories_are_unmounted_and_removed() {
        empty_host(|| {
            let (export, propagate) = (Path::new(EXPORTS).join("web"), Path::new(PROPAGATE).join("web"));
            for path in [&export, &propagate.join("x"), Path::new("/precious")] {
                fs::create_dir_all(path).expect("made");
            }
            for _ in 0..2 {
                let tmpfs = mount(Some("tmpfs"), &export, Some("tmpfs"), MsFlags::empty(), None::<&str>);
                tmpfs.expect("mounted");
                fs::write(export.join("ssh"), "").expect("written");
            }
            fs::write("/precious/file", "").expect("written");
            let bind = mount(Some("/precious"), &propagate.join("x"), None::<&str>, MsFlags::MS_BIND, None::<&str>);
            bind.expect("mounted");
            for _ in 0..2 {
                remove_directories(&name("web")).expect("removed");
                assert!(!export.exists());
            }
            umount2(&propagate.join("x"), MntFlags::empty()).expect("it was still mounted");
            remove_directories(&name("web")).expect("removed");
            assert!(!propagate.exists() && Path::new("/precious/file").exists());
        });
    }

    #[test]
    fn the_owner_of_a_root_is_read_from_its_name() {
        let ours = |of: &str| Some(Root::Ours(name(of)));
        let others = |of: &str| Some(Root::Others(of.to_owned()));
        for (entry, expected) in [
            ("web_0123456789abcdef", ours("web")),
            ("web.x_0123456789abcdef", ours("web.x")),
            ("web_0123456789abcdeg", None),
            ("web_0123456789abcde", None),
            ("_0123456789abcdef", None),
            ("web_1_0123456789abcdef", None),
            (".#machine.web0123456789abcdef", others("web")),
            (".#machine.web-10123456789abcdef", others("web-1")),
            (".#machine.web", None),
            ("web", others("web")),
        ] {
            assert_eq!(Root::new(entry), expected, "{entry}");
        }
    }

    #[test]
    fn only_unused_roots_of_this_container_are_removed() {
        empty_host(|| {
            let dead = ["web_0123456789abcdef", "web_0123456789abcde0", ".#machine.web0123456789abcdef", "web"];
            let running = "web_fedcba9876543210";
            let others = [
                "web-1_0123456789abcdef",
                "web-1",
                ".#machine.web-10123456789abcdef",
                ".#machine.web0123456789abcdef0123456789abcdef",
                ".#machine.web",
            ];
            for root in dead.iter().chain([&running]).chain(&others) {
                fs::create_dir_all(at(root).join("etc")).expect("made");
            }
            atomic_file::write(&paths::record(&name("web-1")), b"", 0o644).expect("written");
            for root in [dead[0], dead[2], running] {
                fs::write(lock_of(&at(root)), "").expect("written");
            }
            // The lock belongs to the file opened here, as nspawn's lock belongs to the file that nspawn opened.
            let held = dead_lock(&lock_of(&at(running))).expect("no error").expect("nobody has it");
            assert!(
                is_locked(&lock_of(&at(running))).expect("asked")
                    && !is_locked(&lock_of(&at(dead[0]))).expect("asked")
            );
            remove_dead_roots(&name("web")).expect("removed");
            for root in dead {
                assert!(!at(root).exists() && !lock_of(&at(root)).exists(), "{root}");
            }
            for root in others.iter().chain([&running]) {
                assert!(at(root).exists(), "{root}");
            }
            drop(held);
            remove_dead_roots(&name("web")).expect("removed");
            assert!(!at(running).exists());
        });
    }

    #[test]
    fn a_root_with_a_mount_is_removed_once_that_is_unmounted() {
        empty_host(|| {
            let root = at("web_0123456789abcdef");
            let mounted = root.join("mnt/x");
            for path in [&mounted, Path::new("/srv/precious")] {
                fs::create_dir_all(path).expect("made");
            }
            fs::write("/srv/precious/file", "kept").expect("written");
            let bind = || mount(Some("/srv/precious"), &mounted, None::<&str>, MsFlags::MS_BIND, None::<&str>);
            bind().expect("mounted");
            for _ in 0..2 {
                remove_dead_roots(&name("web")).expect("a mount is no error");
                let found = mounts_in_dead_roots(&name("web"));
                assert_eq!(found.iter().map(|mount| &mount.at).collect::<Vec<_>>(), [&mounted]);
                assert!(found[0].to_string().ends_with("/mnt/x (of /srv/precious)"), "{}", found[0]);
                assert_eq!(mounts_in_dead_roots(&name("web-1")), []);
            }
            assert_eq!(fs::read_to_string("/srv/precious/file").ok().as_deref(), Some("kept"));
            umount2(&mounted, MntFlags::empty()).expect("it was still mounted");
            // The container no longer exists to clean up its root, so the next cleanup does.
            remove_dead_roots(&name("other")).expect("removed");
            assert!(!root.exists());
        });
    }
}
