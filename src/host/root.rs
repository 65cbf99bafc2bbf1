//! Prepares a guest's root for systemd-nspawn.
//!
//! A kept root was written by its guest, which may have left symlinks in it that lead anywhere. Nothing here follows
//! one out of the root (`RESOLVE_IN_ROOT`, openat2(2)); as seen from the guest they do not lead out either.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::stat::{Mode, fchmod, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};

use super::within::{self, Reach};
use crate::model::ContainerName;
use crate::render::paths;

/// Why a root could not be prepared.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare {} of the container's root", path.display())]
pub(crate) struct RootError {
    /// The part that could not be prepared, as a path of the host.
    pub path: PathBuf,
    /// The kernel's error.
    pub source: io::Error,
}

/// Creates an empty root for one run of an ephemeral container.
///
/// Its name is new each time, so that nothing that a former run left or that someone has mounted is in the way. We also
/// remove it ourselves, because systemd-nspawn would empty mounts in a root that it created (`--ephemeral`).
///
/// # Errors
/// If it cannot be created.
pub(super) fn fresh(name: &ContainerName) -> Result<PathBuf, RootError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| RootError { path, source }
    };
    let random = Path::new("/proc/sys/kernel/random/uuid");
    // Never repeats (RFC 9562); if it did, mkdir(2) would fail.
    let uuid = fs::read_to_string(random).map_err(failed(random))?;
    let digits: String = uuid.chars().filter(char::is_ascii_hexdigit).take(paths::RUN_DIGITS).collect();
    let root = paths::ephemeral_root(name, &digits);
    fs::DirBuilder::new().mode(0o755).create(&root).map_err(failed(&root))?;
    Ok(root)
}

/// Creates `root` and everything in it that nspawn and a NixOS guest expect, like NixOS's own start script.
///
/// Existing files stay, except for modes and for `etc/resolv.conf`, which gets what `resolv_conf` returns, if anything.
pub(super) fn prepare(
    root: &Path,
    resolv_conf: impl FnOnce() -> io::Result<Option<Vec<u8>>>,
) -> Result<(), RootError> {
    let failed = |path: &str| {
        let path = root.join(path);
        move |source| RootError { path, source }
    };
    fs::DirBuilder::new().recursive(true).mode(0o755).create(root).map_err(failed(""))?;
    let tree = Root::open(root).map_err(failed(""))?;
    // A guest may have replaced `usr` with a symlink into the store.
    if tree.directory("usr", 0o755).map_err(failed("usr"))? {
        tree.directory("usr/bin", 0o755).map_err(failed("usr/bin"))?;
    }
    let directories =
        [("etc", 0o755), ("var", 0o755), ("var/lib", 0o755), ("var/lib/private", 0o700), ("root", 0o700)];
    for (path, mode) in directories {
        tree.directory(path, mode).map_err(failed(path))?;
    }
    for path in ["etc/os-release", "etc/machine-id"] {
        tree.empty_file(path).map_err(failed(path))?;
    }
    let written = resolv_conf().and_then(|content| match content {
        Some(content) => tree.replace("etc/resolv.conf", &content),
        None => Ok(()),
    });
    written.map_err(failed("etc/resolv.conf"))
}

struct Root(OwnedFd);

impl Root {
    fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(File::open(path)?.into()))
    }

    fn open_within(&self, path: &Path, flags: OFlag, mode: Mode) -> nix::Result<OwnedFd> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        within::open(&self.0, path, Reach::Root, flags, mode)
    }

    /// Opens the directory of `path`, and returns the file name, too.
    fn parent<'a>(&self, path: &'a str) -> io::Result<(OwnedFd, &'a str)> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        Ok((self.open_within(Path::new(parent), OFlag::O_PATH | OFlag::O_DIRECTORY, Mode::empty())?, name))
    }

    /// Creates a directory with a mode, or sets the mode of an existing one. A symlink is left alone, and the result is
    /// then false.
    fn directory(&self, path: &str, mode: u32) -> io::Result<bool> {
        let mode = Mode::from_bits_truncate(mode);
        let (parent, name) = self.parent(path)?;
        match mkdirat(&parent, name, mode) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err(errno.into()),
        }
        match Self(parent).open_within(Path::new(name), OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW, Mode::empty()) {
            Ok(directory) => {
                fchmod(&directory, mode)?;
                Ok(true)
            }
            Err(Errno::ELOOP | Errno::ENOTDIR) => {
                let how = OFlag::O_PATH | OFlag::O_NOFOLLOW;
                let there = File::from(self.open_within(Path::new(path), how, Mode::empty())?);
                if there.metadata()?.is_symlink() { Ok(false) } else { Err(Errno::ENOTDIR.into()) }
            }
            Err(errno) => Err(errno.into()),
        }
    }

    /// Creates an empty file unless something exists there.
    fn empty_file(&self, path: &str) -> io::Result<()> {
        match self.create(path, 0o644) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            result => result.map(drop),
        }
    }

    /// Replaces a file: an existing file or symlink is removed first.
    fn replace(&self, path: &str, content: &[u8]) -> io::Result<()> {
        let (parent, name) = self.parent(path)?;
        match unlinkat(&parent, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(errno) => return Err(errno.into()),
        }
        self.create(path, 0o644)?.write_all(content)
    }

    fn create(&self, path: &str, mode: u32) -> io::Result<File> {
        let (parent, name) = self.parent(path)?;
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_NOFOLLOW;
        Ok(Self(parent).open_within(Path::new(name), flags, Mode::from_bits_truncate(mode))?.into())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).expect("it exists").permissions().mode() & 0o7777
    }

    #[test]
    fn a_root_gets_what_nixos_expects_and_keeps_its_files() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().join("c");
        let naming = |server: &str| Ok(Some(format!("nameserver {server}\n").into_bytes()));
        prepare(&root, || naming("192.0.2.1")).expect("prepared");
        fs::write(root.join("etc/machine-id"), "0123").expect("written");
        fs::set_permissions(root.join("root"), fs::Permissions::from_mode(0o777)).expect("a mode");
        prepare(&root, || naming("192.0.2.2")).expect("prepared again");
        for (path, expected) in
            [("usr/bin", 0o755), ("etc", 0o755), ("var/lib", 0o755), ("var/lib/private", 0o700), ("root", 0o700)]
        {
            assert_eq!(mode(&root.join(path)), expected, "{path}");
        }
        let read = |path: &str| fs::read_to_string(root.join(path)).ok();
        assert_eq!(read("etc/machine-id").as_deref(), Some("0123"));
        assert_eq!(read("etc/os-release").as_deref(), Some(""));
        assert_eq!(read("etc/resolv.conf").as_deref(), Some("nameserver 192.0.2.2\n"));
        prepare(&root, || Ok(None)).expect("prepared");
        assert_eq!(read("etc/resolv.conf").as_deref(), Some("nameserver 192.0.2.2\n"), "no copy is wanted");
    }

    #[test]
    fn symlinks_of_the_guest_never_lead_out_of_its_root() {
        let directory = tempfile::tempdir().expect("a directory");
        let (root, outside) = (directory.path().join("c"), directory.path().join("outside"));
        fs::create_dir(&outside).expect("made");
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o711)).expect("a mode");
        fs::create_dir(&root).expect("made");
        // What another guest system may have left: `usr` in the store, and `etc` as a symlink to the host's.
        symlink("/nix/store/1-guest/usr", root.join("usr")).expect("a symlink");
        symlink(&outside, root.join("etc")).expect("a symlink");
        symlink("../outside", root.join("root")).expect("a symlink");
        let error = prepare(&root, || Ok(None)).expect_err("etc leads nowhere inside the root");
        assert_eq!(error.path, root.join("etc/os-release"));
        assert_eq!(fs::read_dir(&outside).map(Iterator::count).ok(), Some(0));
        assert_eq!(mode(&outside), 0o711);
    }

    #[test]
    fn a_file_in_the_way_is_an_error_that_names_it() {
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("var"), "").expect("written");
        let error = prepare(directory.path(), || Ok(None)).expect_err("var is a file");
        assert_eq!(error.path, directory.path().join("var"));
    }
}
