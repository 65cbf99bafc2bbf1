//! The program that units call ([`paths::PROGRAM`]): a copy of this one, or a symlink to it in the Nix store.
//!
//! Units must not name where a program happened to be installed: that is gone after an upgrade. What they name is replaced
//! by rename(2), so that each execve(2) finds the former program or the new one, and one that runs keeps its own.
//!
//! Invariants:
//! - A program in the store is never copied: its root holds what it was built with (its `nft`) too.
//! - Two programs are the same when their bytes are. Neither a version nor a time is trusted.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::statvfs::{FsFlags, statvfs};
use nix::unistd::{AccessFlags, access};

use super::atomic_file;
use crate::render::paths;
use crate::state::{Installed, Program};

/// This program, also where its file was replaced or removed since it was started.
pub(super) struct Own {
    file: File,
    /// Where that file still is.
    path: Option<PathBuf>,
}

impl Own {
    /// Opens it.
    ///
    /// # Errors
    ///
    /// Where `/proc` is not mounted.
    pub(super) fn open() -> io::Result<Self> {
        let file = File::open("/proc/self/exe")?;
        let metadata = file.metadata()?;
        // The kernel adds " (deleted)" to the path of a file that is gone, and another file may have been put there.
        let is_there = |path: &PathBuf| fs::metadata(path).is_ok_and(|there| is_same_inode(&there, &metadata));
        let path = std::env::current_exe().ok().filter(is_there);
        Ok(Self { file, path })
    }

    /// Where it is in the Nix store.
    pub(super) fn in_store(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| path.starts_with("/nix/store"))
    }

    /// Writes a copy of it to where units call it.
    ///
    /// # Errors
    ///
    /// Where the copy cannot be written whole, or could not be executed there. What was there before is there still.
    pub(super) fn copy(&mut self) -> io::Result<()> {
        if let Some(obstacle) = obstacle() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, obstacle));
        }
        atomic_file::copy(&mut self.file, Path::new(paths::PROGRAM), MODE)
    }

    /// Whether it is what units call, and what it needs is held.
    fn is_installed(&self) -> io::Result<bool> {
        let link = fs::read_link(paths::PROGRAM).ok();
        if let Some(target) = link.as_ref().filter(|target| target.starts_with("/nix/store"))
            && fs::read_link(paths::gc_root(paths::OWN_ROOT)).ok().as_ref() != Some(target)
        {
            return Ok(false);
        }
        match (self.in_store(), &link) {
            (Some(path), Some(target)) if path == target => return Ok(true),
            // A link to a program that may go away, or a copy of one that needs its root.
            (Some(_), _) => return Ok(false),
            (None, Some(target)) if !target.starts_with("/nix/store") => return Ok(false),
            (None, _) => {}
        }
        let mut there = File::open(paths::PROGRAM)?;
        let (ours, theirs) = (self.file.metadata()?, there.metadata()?);
        if link.is_none() && (theirs.permissions().mode() & 0o7777 != MODE || theirs.uid() != 0) {
            return Ok(false);
        }
        Ok(is_same_inode(&ours, &theirs) || (ours.len() == theirs.len() && is_same(&self.file, &mut there)?))
    }
}

/// Everybody may run and read it: `plan` compares with it as any user.
const MODE: u32 = 0o755;

fn is_same_inode(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether two files have the same bytes.
fn is_same(one: &File, other: &mut File) -> io::Result<bool> {
    use std::os::unix::fs::FileExt;
    let (mut ours, mut theirs) = (vec![0; 1 << 17], vec![0; 1 << 17]);
    let mut at = 0;
    loop {
        let read = other.read(&mut theirs)?;
        if read == 0 {
            return Ok(one.read_at(&mut ours, at)? == 0);
        }
        // Without a position of its own, which a copy may need later.
        match one.read_exact_at(&mut ours[..read], at) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            result => result?,
        }
        if ours[..read] != theirs[..read] {
            return Ok(false);
        }
        at += read as u64;
    }
}

/// Looks at what units call.
pub(super) fn look() -> Program {
    let own = Own::open();
    let is_installed = || own.as_ref().is_ok_and(|own| own.is_installed().unwrap_or(false));
    let installed = match is_gone(Path::new(paths::PROGRAM)) {
        true => Installed::Nothing,
        false if is_installed() => Installed::Same,
        false => Installed::Other,
    };
    let path = std::env::current_exe().unwrap_or_default();
    let running = format!("{}, {}", env!("CARGO_PKG_VERSION"), path.display());
    let copied = own.as_ref().ok().filter(|own| own.in_store().is_none());
    let bytes = copied.and_then(|own| own.file.metadata().ok()).map_or(1, |metadata| metadata.len());
    Program {
        installed,
        running,
        bytes: bytes.try_into().unwrap_or(usize::MAX),
        obstacle: copied.and_then(|_| obstacle()),
    }
}

/// Why no copy could be executed where units call it.
fn obstacle() -> Option<String> {
    // The directories that are missing are made on the file system of the one that is there.
    let there = Path::new(paths::PROGRAM).ancestors().skip(1).find(|path| path.exists())?;
    let is_noexec = statvfs(there).is_ok_and(|statistics| statistics.flags().contains(FsFlags::ST_NOEXEC));
    is_noexec.then(|| format!("{} is mounted `noexec`", there.display()))
}

/// Whether there is no program at `path` that systemd could execute. What this user may not look at counts as there.
pub(super) fn is_gone(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return true,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return nix::unistd::geteuid().is_root(),
        Err(_) => return true,
        Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => return true,
        Ok(_) => {}
    }
    // It knows of `noexec` too. An ordinary user may be refused what root is not.
    matches!(access(path, AccessFlags::X_OK), Err(Errno::EACCES)) && nix::unistd::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use nix::mount::{MsFlags, mount};

    use super::*;
    use crate::apply::Host;
    use crate::host::linux::Linux;
    use crate::host::netns::tests::empty_host;

    fn tmpfs(at: &str, flags: MsFlags) {
        mount(Some("tmpfs"), at, Some("tmpfs"), flags, None::<&str>).expect("mounted");
    }

    #[test]
    fn what_units_call_is_this_program_whole_and_is_copied_once() {
        empty_host(|| {
            assert_eq!(look().installed, Installed::Nothing);
            Linux::new().install_program().expect("installed");
            assert_eq!(look().installed, Installed::Same);
            let bytes = fs::read("/proc/self/exe").expect("read");
            assert!(fs::read(paths::PROGRAM).expect("read") == bytes);
            assert_eq!(fs::metadata(paths::PROGRAM).expect("there").permissions().mode() & 0o7777, 0o755);
            let directory = Path::new(paths::PROGRAM).parent().expect("a directory");
            // What a run that was killed left beside it.
            fs::write(directory.join(".container-rebuild-killed"), "half").expect("written");
            Linux::new().install_program().expect("installed again");
            assert_eq!(fs::read_dir(directory).expect("listed").count(), 1);
        });
    }

    #[test]
    fn another_program_is_noticed_by_a_byte_by_its_mode_and_by_being_a_link() {
        empty_host(|| {
            let mut bytes = fs::read("/proc/self/exe").expect("read");
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            let write =
                |bytes: &[u8], mode| atomic_file::write(Path::new(paths::PROGRAM), bytes, mode).expect("written");
            write(&bytes, 0o755);
            assert_eq!(look().installed, Installed::Other, "one byte");
            bytes[middle] ^= 1;
            write(&bytes, 0o777);
            assert_eq!(look().installed, Installed::Other, "anybody may write it");
            write(&bytes, 0o644);
            assert_eq!(look().installed, Installed::Nothing, "nobody may execute it");
            write(&bytes[1..], 0o755);
            assert_eq!(look().installed, Installed::Other, "a byte less");
            write(&bytes, 0o755);
            assert_eq!(look().installed, Installed::Same);
            atomic_file::write(Path::new("/opt/a"), &bytes, 0o755).expect("written");
            atomic_file::link(Path::new("/opt/a"), Path::new(paths::PROGRAM)).expect("linked");
            assert_eq!(look().installed, Installed::Other, "what it leads to may go away");
            fs::remove_file("/opt/a").expect("removed");
            assert_eq!(look().installed, Installed::Nothing, "a link to nowhere");
            Linux::new().install_program().expect("installed");
            assert_eq!(look().installed, Installed::Same);
        });
    }

    #[test]
    fn where_nothing_may_be_executed_nothing_is_copied() {
        empty_host(|| {
            fs::create_dir_all("/var/lib").expect("made");
            tmpfs("/var/lib", MsFlags::MS_NOEXEC);
            assert_eq!(look().obstacle.as_deref(), Some("/var/lib is mounted `noexec`"));
            Linux::new().install_program().expect_err("refused");
            assert!(!Path::new(paths::PROGRAM).exists());
            // What was copied before that.
            atomic_file::write(Path::new(paths::PROGRAM), b"", 0o755).expect("written");
            assert!(is_gone(Path::new(paths::PROGRAM)));
        });
    }
}
