//! Installs the program that units call ([`paths::PROGRAM`]): a copy of this one, or a symlink to it in the Nix store.
//!
//! Units must not name the path where a program happened to be installed, which may be gone after an upgrade. What they
//! call is replaced by rename(2): each execve(2) finds the former program or the new one, and running processes keep
//! theirs.
//!
//! Invariants:
//! - A program in the store is never copied: its root also protects what it was built with (its `nft`).
//! - Programs are compared by their bytes. Neither versions nor times are trusted.

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

/// The running program, even if its file was replaced or removed since it was started.
pub(super) struct Own {
    file: File,
    /// The path of the file, if it is still there.
    path: Option<PathBuf>,
}

impl Own {
    /// Opens the running program.
    ///
    /// # Errors
    ///
    /// If `/proc` is not mounted.
    pub(super) fn open() -> io::Result<Self> {
        let file = File::open("/proc/self/exe")?;
        let metadata = file.metadata()?;
        // The kernel adds " (deleted)" to the path of a removed file, and another file may have taken its place.
        let is_there = |path: &PathBuf| fs::metadata(path).is_ok_and(|there| is_same_inode(&there, &metadata));
        let path = std::env::current_exe().ok().filter(is_there);
        Ok(Self { file, path })
    }

    /// Its path, if it is in the Nix store.
    pub(super) fn in_store(&self) -> Option<&Path> {
        self.path.as_deref().filter(|path| path.starts_with("/nix/store"))
    }

    /// Copies the program to the path that units call.
    ///
    /// # Errors
    ///
    /// If the copy cannot be written completely, or could not be executed there. The former program then stays.
    pub(super) fn copy(&mut self) -> io::Result<()> {
        if let Some(obstacle) = obstacle() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, obstacle));
        }
        atomic_file::copy(&mut self.file, Path::new(paths::PROGRAM), MODE)
    }

    /// Whether units call this very program, with the root that it needs.
    fn is_installed(&self) -> io::Result<bool> {
        let link = fs::read_link(paths::PROGRAM).ok();
        if let Some(target) = link.as_ref().filter(|target| target.starts_with("/nix/store"))
            && fs::read_link(paths::gc_root(paths::OWN_ROOT)).ok().as_ref() != Some(target)
        {
            return Ok(false);
        }
        match (self.in_store(), &link) {
            (Some(path), Some(target)) if path == target => return Ok(true),
            // A symlink to a program that may go away, or a copy of one that needs its root.
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

/// Any user may read and run it: `plan` compares with it as any user.
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
        // Does not move the file's position, which a later copy relies on.
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

/// Inspects the program that units call.
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

/// Why a copy could not be executed at the path that units call.
fn obstacle() -> Option<String> {
    // Missing directories would be created on the file system of their nearest existing parent.
    let there = Path::new(paths::PROGRAM).ancestors().skip(1).find(|path| path.exists())?;
    let is_noexec = statvfs(there).is_ok_and(|statistics| statistics.flags().contains(FsFlags::ST_NOEXEC));
    is_noexec.then(|| format!("{} is mounted `noexec`", there.display()))
}

/// Whether `path` is not a program that systemd could execute. A path that this user may not inspect counts as present.
pub(super) fn is_gone(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return true,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return nix::unistd::geteuid().is_root(),
        Err(_) => return true,
        Ok(metadata) if metadata.permissions().mode() & 0o111 == 0 => return true,
        Ok(_) => {}
    }
    // access(2) also checks for `noexec`. An ordinary user may be denied what root is not.
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
    fn the_program_is_installed_completely_and_leaves_no_other_files() {
        empty_host(|| {
            assert_eq!(look().installed, Installed::Nothing);
            Linux::new().install_program().expect("installed");
            assert_eq!(look().installed, Installed::Same);
            let bytes = fs::read("/proc/self/exe").expect("read");
            assert!(fs::read(paths::PROGRAM).expect("read") == bytes);
            assert_eq!(fs::metadata(paths::PROGRAM).expect("there").permissions().mode() & 0o7777, 0o755);
            let directory = Path::new(paths::PROGRAM).parent().expect("a directory");
            // Left by a killed run.
            fs::write(directory.join(".container-rebuild-killed"), "half").expect("written");
            Linux::new().install_program().expect("installed again");
            assert_eq!(fs::read_dir(directory).expect("listed").count(), 1);
        });
    }

    #[test]
    fn another_program_is_noticed_by_its_bytes_its_mode_or_being_a_symlink() {
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
            assert_eq!(look().installed, Installed::Other, "any user may write to it");
            write(&bytes, 0o644);
            assert_eq!(look().installed, Installed::Nothing, "no user may execute it");
            write(&bytes[1..], 0o755);
            assert_eq!(look().installed, Installed::Other, "a byte less");
            write(&bytes, 0o755);
            assert_eq!(look().installed, Installed::Same);
            atomic_file::write(Path::new("/opt/a"), &bytes, 0o755).expect("written");
            atomic_file::link(Path::new("/opt/a"), Path::new(paths::PROGRAM)).expect("linked");
            assert_eq!(look().installed, Installed::Other, "what it leads to may go away");
            fs::remove_file("/opt/a").expect("removed");
            assert_eq!(look().installed, Installed::Nothing, "a dangling symlink");
            Linux::new().install_program().expect("installed");
            assert_eq!(look().installed, Installed::Same);
        });
    }

    #[test]
    fn nothing_is_copied_to_a_noexec_file_system() {
        empty_host(|| {
            fs::create_dir_all("/var/lib").expect("made");
            tmpfs("/var/lib", MsFlags::MS_NOEXEC);
            assert_eq!(look().obstacle.as_deref(), Some("/var/lib is mounted `noexec`"));
            Linux::new().install_program().expect_err("refused");
            assert!(!Path::new(paths::PROGRAM).exists());
            // A copy made before the remount.
            atomic_file::write(Path::new(paths::PROGRAM), b"", 0o755).expect("written");
            assert!(is_gone(Path::new(paths::PROGRAM)));
        });
    }
}
