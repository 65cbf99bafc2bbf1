//! Installs the service that brings up the boot generation (contract §8).
//!
//! It is written to `/etc/systemd/system` and enabled there. If that directory is part of the system, as on NixOS, it
//! becomes a package in the default profile. What the service does at boot is in the command line's code.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::boot_package::{self, PackageError};
use super::linux::Linux;
use super::systemd::{self, BusError, Job};
use super::{atomic_file, bus};
use crate::apply::{Host, HostError};
use crate::render::{boot_service, paths, unit};

/// Why the boot service could not be installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// systemd is not running.
    #[error("systemd does not run here")]
    NoSystemd,
    /// The program that it calls could not be installed.
    #[error(transparent)]
    Program(#[from] HostError),
    /// The unit could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The path of the unit.
        path: PathBuf,
        /// The kernel's error.
        source: io::Error,
    },
    /// Units are part of the system here, and systemd reads no directory that we may write to.
    #[error("{} is part of the system and cannot be written", paths::NATIVE_UNITS)]
    PartOfSystem,
    /// Nix could not install the package.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// systemd could not enable the unit.
    #[error("cannot enable {}", paths::BOOT_SERVICE)]
    Enable {
        /// The error of systemd.
        source: BusError,
    },
    /// The unit could not be removed.
    #[error("cannot remove {}", path.display())]
    Remove {
        /// The path of the unit.
        path: PathBuf,
        /// The kernel's error.
        source: io::Error,
    },
    /// systemd could not disable the unit.
    #[error("cannot disable {}", paths::BOOT_SERVICE)]
    Disable {
        /// The error of systemd.
        source: BusError,
    },
    /// The service was installed, but a boot would still not start it.
    #[error("systemd does not start {} at boot, though {} was installed", paths::BOOT_SERVICE, .0.display())]
    NotWanted(PathBuf),
}

/// Installs the service and the program that it calls, and checks that a boot starts it; returns the unit's path.
///
/// # Errors
///
/// If any of that fails. A package that systemd does not find is uninstalled.
pub(crate) fn install_boot() -> Result<PathBuf, InstallError> {
    if !bus::is_booted_with_systemd() {
        return Err(InstallError::NoSystemd);
    }
    let path = paths::boot_service();
    if boot_package::is_part_of_system() {
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

/// Installs the service as a package in the default profile.
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

/// Removes the service that [`install_boot`] has installed; does nothing if there is none. It stops too, which changes no container.
///
/// # Errors
///
/// If it cannot be removed.
pub(super) fn uninstall_boot() -> Result<(), InstallError> {
    let disable = |source| InstallError::Disable { source };
    if boot_package::is_part_of_system() {
        if !boot_package::is_possible() {
            return Ok(());
        }
        boot_package::uninstall()?;
        return systemd::reload().map_err(disable);
    }
    let path = paths::boot_service();
    if !fs::read_to_string(&path).is_ok_and(|text| text.starts_with(unit::HEADER)) {
        return Ok(());
    }
    if let Err(error) = systemd::run(paths::BOOT_SERVICE, Job::Stop).map_err(disable)? {
        tracing::warn!(?error, "cannot stop {}", paths::BOOT_SERVICE);
    }
    systemd::disable(paths::BOOT_SERVICE).map_err(disable)?;
    atomic_file::remove(&path).map_err(|source| InstallError::Remove { path, source })?;
    systemd::reload().map_err(disable)
}

fn is_wanted() -> Result<bool, InstallError> {
    systemd::boot_service().map(|service| service.is_enabled).map_err(|source| InstallError::Enable { source })
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
}
