//! Looks for programs where units would find them.

use std::path::Path;

/// The directories that systemd searches for a unit by default (systemd.exec(5), `PATH`), and NixOS's directory of
/// programs.
const UNIT_PATH: [&str; 7] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/run/current-system/sw/bin"];

/// Whether systemd-nspawn is installed. This also searches our own `PATH`, although units do not use it: an
/// administrator may have set another one for all units.
pub(super) fn nspawn() -> bool {
    let own = std::env::var_os("PATH").unwrap_or_default();
    let own = std::env::split_paths(&own).map(|directory| directory.join("systemd-nspawn"));
    let units = UNIT_PATH.iter().map(|directory| Path::new(directory).join("systemd-nspawn"));
    own.chain(units).any(|program| program.is_file())
}

/// Whether Nix is installed. We run it ourselves, so only `PATH` matters.
pub(super) fn nix() -> bool {
    let own = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&own).any(|directory| directory.join("nix").is_file())
}
