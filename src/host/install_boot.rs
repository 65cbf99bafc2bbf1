//! The service that brings the boot generation up (contract §8), installed.
//!
//! Written to `/etc/systemd/system` and enabled there; where that is part of the system, as on NixOS, it is a package in the
//! default profile. What it does at boot is the command line's to say.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::boot_package::{self, PackageError};
use super::linux::Linux;
use super::systemd::{self, BusError};
use super::{atomic_file, bus};
use crate::apply::{Host, HostError};
use crate::render::{boot_service, paths};

/// Why it could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is nobody who would run it.
    #[error("systemd does not run here")]
    NoSystemd,
    /// The program that it calls could not be put where it calls it.
    #[error(transparent)]
    Program(#[from] HostError),
    /// The unit could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The unit.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// Units are part of the system here, and nothing that may be changed is looked at by systemd.
    #[error("{} is part of the system and cannot be written", paths::NATIVE_UNITS)]
    PartOfSystem,
    /// Nix did not install the package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// systemd refused.
    #[error("cannot enable {}", paths::BOOT_SERVICE)]
    Enable {
        /// What it said.
        source: BusError,
    },
    /// All was done, and a boot would still not start it.
    #[error("systemd does not start {} at boot, though {} was installed", paths::BOOT_SERVICE, .0.display())]
    NotWanted(PathBuf),
}

/// Installs the service and what it calls, and sees that a boot starts it. Gives where it is.
///
/// # Errors
///
/// Where that cannot be done. What is not found by systemd does not stay installed.
pub fn install_boot() -> Result<PathBuf, InstallError> {
    if !bus::is_booted_with_systemd() {
        return Err(InstallError::NoSystemd);
    }
    let path = paths::boot_service();
    if is_part_of_system() {
        return install_package();
    }
    Linux::new().install_program()?;
    match atomic_file::write(&path, boot_service::text().as_bytes(), 0o644) {
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => return install_package(),
        result => result.map_err(|source| InstallError::Write { path: path.clone(), source })?,
    }
    let enable = |source| InstallError::Enable { source };
    systemd::reload().and_then(|()| systemd::enable(paths::BOOT_SERVICE)).map_err(enable)?;
    if is_wanted()? { Ok(path) } else { Err(InstallError::NotWanted(path)) }
}

/// The same as a package in the default profile.
fn install_package() -> Result<PathBuf, InstallError> {
    let enable = |source| InstallError::Enable { source };
    let directories = systemd::unit_path().map_err(enable)?;
    if !boot_package::is_possible() || !boot_package::is_searched(&directories) {
        return Err(InstallError::PartOfSystem);
    }
    Linux::new().install_program()?;
    boot_package::install()?;
    systemd::reload().map_err(enable)?;
    let path = Path::new(paths::DEFAULT_PROFILE).join(paths::PACKAGED_UNITS).join(paths::BOOT_SERVICE);
    if is_wanted()? {
        return Ok(path);
    }
    boot_package::uninstall()?;
    systemd::reload().map_err(enable)?;
    Err(InstallError::NotWanted(path))
}

fn is_wanted() -> Result<bool, InstallError> {
    systemd::boot_service().map(|service| service.is_enabled).map_err(|source| InstallError::Enable { source })
}

/// Whether the directory of the administrator's units belongs to a system that is replaced as a whole.
fn is_part_of_system() -> bool {
    fs::canonicalize(paths::NATIVE_UNITS).is_ok_and(|directory| directory.starts_with("/nix/store"))
}

/// Whether [`install_boot`] has a way here, when systemd looks for units in `directories`. As root.
pub(super) fn is_installable(directories: &[String]) -> bool {
    let is_writable = || access(paths::NATIVE_UNITS, AccessFlags::W_OK).is_ok();
    (!is_part_of_system() && is_writable())
        || (boot_package::is_possible() && boot_package::is_searched(directories))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn without_systemd_nothing_is_written() {
        empty_host(|| {
            assert!(matches!(install_boot(), Err(InstallError::NoSystemd)));
            assert!(!Path::new("/etc").exists());
        });
    }

    #[test]
    fn units_in_the_store_are_part_of_the_system() {
        empty_host(|| {
            fs::create_dir_all("/nix/store/1-units").expect("made");
            fs::create_dir_all("/etc/systemd").expect("made");
            std::os::unix::fs::symlink("/nix/store/1-units", paths::NATIVE_UNITS).expect("linked");
            assert!(is_part_of_system() && !is_installable(&[]));
        });
    }
}
