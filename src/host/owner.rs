//! Changes the owner of a directory that a guest's root writes to, including all files in it that belonged to the
//! former owner.
//!
//! Invariants, since the directory may contain anything and may change meanwhile:
//! - Each file is changed through a descriptor that was opened without following symlinks or entering mounts
//!   ([`Reach::Entry`]).
//! - A file with several names keeps its owner: another name may be outside the directory, and the file someone else's.

use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::{FileStat, Mode, fstat};
use nix::unistd::{Gid, Uid, fchown, fchownat};

use super::immutable::Entry;
use super::within::{self, Reach};

/// The deepest level that is changed, with one open directory for each. Nix creates two or three.
const DEPTH: usize = 64;

/// Changes the owner of `directory` to `root`, and that of everything in it that belonged to the same user. Returns
/// what was left alone: mounts, files with several names, and what is nested too deep. A symlink in place of
/// `directory` is left alone, too.
///
/// # Errors
/// If an entry cannot be listed or its owner not be changed.
pub(super) fn hand_over(directory: &Path, root: u32) -> io::Result<Vec<PathBuf>> {
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let opened = match Dir::open(directory, flags, Mode::empty()) {
        Err(Errno::ELOOP | Errno::ENOTDIR) => return Ok(vec![directory.to_owned()]),
        opened => opened?,
    };
    let from = fstat(&opened)?.st_uid;
    let mut giving = Giving { base: directory, from, to: root, levels: Vec::new(), left: Vec::new() };
    if from != root {
        giving.enter(CString::default(), opened)?;
        giving.run()?;
    }
    Ok(giving.left)
}

struct Giving<'a> {
    base: &'a Path,
    from: u32,
    to: u32,
    levels: Vec<Level>,
    left: Vec<PathBuf>,
}

/// A directory that was entered. Its own owner is changed last, so that a killed run is repeated.
struct Level {
    name: CString,
    directory: Dir,
    names: Vec<CString>,
}

impl Giving<'_> {
    fn enter(&mut self, name: CString, mut directory: Dir) -> nix::Result<()> {
        let mut names = Vec::new();
        for entry in directory.iter() {
            let name = entry?.file_name().to_owned();
            if !matches!(name.to_bytes(), b"." | b"..") {
                names.push(name);
            }
        }
        self.levels.push(Level { name, directory, names });
        Ok(())
    }

    fn run(&mut self) -> nix::Result<()> {
        while let Some(level) = self.levels.last_mut() {
            if let Some(name) = level.names.pop() {
                self.entry(name)?;
            } else if let Some(level) = self.levels.pop() {
                let (user, group) = self.owners(&fstat(&level.directory)?);
                fchown(&level.directory, user, group)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, name: CString) -> nix::Result<()> {
        let Some(level) = self.levels.last() else { return Ok(()) };
        let entry = match Entry::open(level.directory.as_fd(), &name) {
            Ok(entry) => entry,
            Err(Errno::ENOENT) => return Ok(()),
            Err(Errno::EXDEV) => return self.leave_alone(&name),
            Err(errno) => return Err(errno),
        };
        if !entry.is_directory() {
            let owners = self.owners(entry.stat());
            return match owners {
                (None, None) => Ok(()),
                _ if entry.stat().st_nlink > 1 => self.leave_alone(&name),
                (user, group) => give(&entry, user, group),
            };
        }
        if self.levels.len() >= DEPTH {
            return self.leave_alone(&name);
        }
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
        let opened = within::open(level.directory.as_fd(), name.as_c_str(), Reach::Entry, flags, Mode::empty());
        match opened.and_then(Dir::from_fd) {
            Ok(directory) => self.enter(name, directory),
            // It has been replaced since.
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EXDEV) => self.leave_alone(&name),
            Err(errno) => Err(errno),
        }
    }

    /// The new owner and group, each only if it changes.
    fn owners(&self, stat: &FileStat) -> (Option<Uid>, Option<Gid>) {
        let is_its = |id: u32| (id == self.from).then_some(self.to);
        (is_its(stat.st_uid).map(Uid::from_raw), is_its(stat.st_gid).map(Gid::from_raw))
    }

    fn leave_alone(&mut self, name: &CStr) -> nix::Result<()> {
        let names = self.levels.iter().skip(1).map(|level| level.name.as_c_str()).chain([name]);
        let below: PathBuf = names.map(|name| OsStr::from_bytes(name.to_bytes())).collect();
        self.left.push(self.base.join(below));
        Ok(())
    }
}

fn give(entry: &Entry, user: Option<Uid>, group: Option<Gid>) -> nix::Result<()> {
    let give = || fchownat(entry, c"", user, group, AtFlags::AT_EMPTY_PATH | AtFlags::AT_SYMLINK_NOFOLLOW);
    match give() {
        // Guests may make their files immutable.
        Err(Errno::EPERM) => {
            let flags = entry.clear()?;
            let given = give();
            flags.restore();
            given
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, chown, lchown, symlink};

    use nix::mount::{MsFlags, mount};

    use super::*;
    use crate::host::immutable::tests::{is_immutable, make_immutable};
    use crate::host::netns::tests::isolated;

    const BASE: u32 = 0x0008_0000;

    fn owner(path: &Path) -> (u32, u32) {
        let metadata = path.symlink_metadata().expect("there");
        (metadata.uid(), metadata.gid())
    }

    #[test]
    fn files_of_the_former_owner_change_with_the_directory() {
        if !crate::host::namespaces::is_root("to give files to other users") {
            return;
        }
        isolated(|directory| {
            let given = directory.join("given");
            let at = |path: &str| given.join(path);
            fs::create_dir_all(at("a/b")).expect("made");
            for file in ["a/b/file", "immutable", "webs", "groups"] {
                fs::write(at(file), "").expect("written");
            }
            symlink("/etc", at("link")).expect("a symlink");
            chown(at("webs"), Some(33), Some(33)).expect("given");
            chown(at("groups"), Some(0), Some(33)).expect("given");
            make_immutable(&at("immutable"));
            assert_eq!(hand_over(&given, BASE).expect("given"), [] as [PathBuf; 0]);
            for path in ["", "a", "a/b", "a/b/file", "immutable", "link"] {
                assert_eq!(owner(&at(path)), (BASE, BASE), "{path}");
            }
            assert_eq!((owner(&at("webs")), owner(&at("groups"))), ((33, 33), (BASE, 33)));
            assert!(is_immutable(&at("immutable")));
            assert_eq!(owner(Path::new("/etc")).0, 0);
            crate::host::immutable::clear(fs::File::open(at("immutable")).expect("opened")).expect("cleared");
        });
    }

    #[test]
    fn files_that_may_belong_to_others_keep_their_owner() {
        if !crate::host::namespaces::is_root("to give files to other users") {
            return;
        }
        isolated(|directory| {
            let (given, precious, secret) =
                (directory.join("given"), directory.join("precious"), directory.join("secret"));
            for path in [&given.join("mnt"), &precious] {
                fs::create_dir_all(path).expect("made");
            }
            for path in [&precious.join("file"), &secret] {
                fs::write(path, "").expect("written");
            }
            // It has the same file system and owner; only the mount distinguishes it.
            let bind = mount(Some(&precious), &given.join("mnt"), None::<&str>, MsFlags::MS_BIND, None::<&str>);
            bind.expect("mounted");
            fs::hard_link(&secret, given.join("secret")).expect("a hard link");
            symlink(&precious, given.join("link")).expect("a symlink");
            let mut left = hand_over(&given, BASE).expect("given");
            left.sort();
            assert_eq!(left, [given.join("mnt"), given.join("secret")]);
            for path in [&precious, &precious.join("file"), &secret] {
                assert_eq!(owner(path), (0, 0), "{}", path.display());
            }
            assert_eq!((owner(&given), owner(&given.join("link"))), ((BASE, BASE), (BASE, BASE)));
            // A symlink in place of the directory is not followed.
            let link = directory.join("link");
            symlink(&precious, &link).expect("a symlink");
            lchown(&link, Some(33), Some(33)).expect("given");
            assert_eq!(hand_over(&link, BASE).expect("left alone"), std::slice::from_ref(&link));
            assert_eq!((owner(&link), owner(&precious)), ((33, 33), (0, 0)));
        });
    }
}
