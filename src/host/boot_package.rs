//! Installs the boot service as a package in the default profile, for hosts where `/etc/systemd/system` is part of the
//! system. NixOS's systemd also reads units from that profile.
//!
//! Takes: the unit's text, and Nix from `PATH`. Gives: a profile that contains the package once, next to its other
//! packages. Nothing is evaluated or built: the package is two files that are added to the store as they are.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{AccessFlags, access};

use crate::render::{boot_service, paths};

/// The name of the package; nix-env replaces a package of the same name.
const NAME: &str = "container-rebuild-boot";

/// Why the package could not be installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackageError {
    /// The package's files could not be written.
    #[error("cannot create the package of {}", paths::BOOT_SERVICE)]
    Make {
        /// The kernel's error.
        source: io::Error,
    },
    /// Nix could not be run.
    #[error("cannot run `{program}`")]
    Run {
        /// The program, such as `nix-env`.
        program: &'static str,
        /// The kernel's error.
        source: io::Error,
    },
    /// Nix failed.
    #[error("`{command}` failed: {message}")]
    Refused {
        /// The command line.
        command: String,
        /// What Nix wrote to stderr.
        message: String,
    },
}

/// Whether Nix is available for the installation.
pub(super) fn is_possible() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join("nix-env").is_file())
}

/// Whether the administrator's units are part of a system that is replaced as a whole.
pub(super) fn is_part_of_system() -> bool {
    fs::canonicalize(paths::NATIVE_UNITS).is_ok_and(|directory| directory.starts_with("/nix/store"))
}

/// Whether the boot service can be installed here, as a file or as a package, given that systemd looks for units in
/// `directories`. Must be called as root.
pub(super) fn is_installable(directories: &[String]) -> bool {
    let is_writable = || access(paths::NATIVE_UNITS, AccessFlags::W_OK).is_ok();
    (!is_part_of_system() && is_writable()) || (is_possible() && is_searched(directories))
}

/// Writes the package into `directory`, which is empty.
fn write(directory: &Path) -> io::Result<()> {
    let units = directory.join(paths::PACKAGED_UNITS);
    let wants = units.join(format!("{}.wants", boot_service::WANTED_BY));
    fs::create_dir_all(&wants)?;
    fs::write(units.join(paths::BOOT_SERVICE), boot_service::packaged())?;
    // The symlink that `systemctl enable` would create if it could write here.
    symlink(Path::new("..").join(paths::BOOT_SERVICE), wants.join(paths::BOOT_SERVICE))
}

/// Installs the package, replacing a former one. The profile's other packages stay.
///
/// # Errors
///
/// If Nix is missing, or fails.
pub(super) fn install() -> Result<(), PackageError> {
    let made = tempfile::tempdir().and_then(|directory| {
        let package = directory.path().join(NAME);
        fs::create_dir(&package)?;
        write(&package).map(|()| (directory, package))
    });
    // Holds the temporary directory until the package has been added.
    let (_directory, package) = made.map_err(|source| PackageError::Make { source })?;
    let added = nix("nix-store", &["--add", &package.to_string_lossy()])?;
    let added = added.trim();
    let profile = Path::new(paths::DEFAULT_PROFILE);
    match fs::read(profile.join("manifest.json")) {
        // Profiles with a manifest.json belong to `nix profile`; nix-env refuses to change them.
        Ok(manifest) => {
            let former = elements(&manifest);
            if former.iter().any(|path| path == added) {
                return Ok(());
            }
            for former in former {
                profile_command(&["remove"], &former)?;
            }
            // The name of `nix profile add` until Nix 2.27; newer versions still accept it.
            profile_command(&["install"], added)
        }
        Err(_) => nix("nix-env", &["--profile", paths::DEFAULT_PROFILE, "--install", added]).map(drop),
    }
}

/// Removes the package from the profile.
///
/// # Errors
///
/// If Nix fails.
pub(super) fn uninstall() -> Result<(), PackageError> {
    match fs::read(Path::new(paths::DEFAULT_PROFILE).join("manifest.json")) {
        Ok(manifest) => elements(&manifest).iter().try_for_each(|former| profile_command(&["remove"], former)),
        Err(_) => nix("nix-env", &["--profile", paths::DEFAULT_PROFILE, "--uninstall", NAME]).map(drop),
    }
}

fn profile_command(command: &[&str], path: &str) -> Result<(), PackageError> {
    let mut arguments = vec!["--extra-experimental-features", "nix-command flakes", "profile"];
    arguments.extend(command);
    arguments.extend(["--profile", paths::DEFAULT_PROFILE, path]);
    nix("nix", &arguments).map(drop)
}

/// The store paths of our package in a profile. The manifest's elements are a list before Nix 2.20, and a map by name
/// since.
fn elements(manifest: &[u8]) -> Vec<String> {
    let manifest: serde_json::Value = serde_json::from_slice(manifest).unwrap_or_default();
    let elements: Vec<&serde_json::Value> = match &manifest["elements"] {
        serde_json::Value::Array(elements) => elements.iter().collect(),
        serde_json::Value::Object(elements) => elements.values().collect(),
        _ => Vec::new(),
    };
    let paths = elements.iter().flat_map(|element| element["storePaths"].as_array().into_iter().flatten());
    let ours = paths.filter_map(|path| path.as_str()).filter(|path| {
        let name = Path::new(path).file_name().and_then(|name| name.to_str());
        // The name follows the hash and a dash.
        name.and_then(|name| name.split_once('-')).is_some_and(|(_, name)| name == NAME)
    });
    ours.map(str::to_owned).collect()
}

/// Runs one of Nix's programs to completion and returns its output.
fn nix(program: &'static str, arguments: &[&str]) -> Result<String, PackageError> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|source| PackageError::Run { program, source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(PackageError::Refused { command: format!("{program} {}", arguments.join(" ")), message })
}

/// Whether the default profile is among the `directories` in which systemd looks for units.
pub(super) fn is_searched(directories: &[String]) -> bool {
    let units = Path::new(paths::DEFAULT_PROFILE).join(paths::PACKAGED_UNITS);
    let leads_there = |directory: &String| {
        let directory = PathBuf::from(directory);
        directory == units || fs::read_link(&directory).is_ok_and(|target| target == units)
    };
    directories.iter().any(leads_there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn the_package_has_the_unit_and_enables_it() {
        let directory = tempfile::tempdir().expect("a directory");
        write(directory.path()).expect("written");
        let units = directory.path().join("lib/systemd/system");
        let wanted = units.join("multi-user.target.wants/container-rebuild.service");
        assert_eq!(fs::read_link(&wanted).ok(), Some("../container-rebuild.service".into()));
        assert_eq!(fs::read_to_string(wanted).ok(), Some(boot_service::packaged()));
        assert_eq!(fs::read_dir(units).map(Iterator::count).ok(), Some(2));
    }

    #[test]
    fn our_package_is_found_in_the_manifests_of_all_versions_of_nix() {
        let (ours, other) =
            ("/nix/store/00000000000000000000000000000000-container-rebuild-boot", "/nix/store/1-hello");
        let list =
            serde_json::json!({ "version": 2, "elements": [{ "storePaths": [other] }, { "storePaths": [ours] }] });
        let set = serde_json::json!({ "version": 3, "elements": { "a": { "storePaths": [ours] }, "b": { "storePaths": [other] } } });
        for manifest in [list, set] {
            assert_eq!(elements(manifest.to_string().as_bytes()), [ours]);
        }
        for nonsense in ["", "{", "{ \"elements\": 1 }", "[]"] {
            assert_eq!(elements(nonsense.as_bytes()), [] as [&str; 0]);
        }
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
