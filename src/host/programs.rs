//! Where a unit finds the programs that it runs.

use std::path::Path;

/// What systemd searches for a unit that says nothing else (systemd.exec(5), `PATH`), and NixOS's own programs.
const UNIT_PATH: [&str; 7] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/run/current-system/sw/bin"];

/// Whether systemd-nspawn is there. `PATH` counts too, though it is ours and not a unit's: an administrator may have given
/// all units another one.
pub(super) fn nspawn() -> bool {
    let own = std::env::var_os("PATH").unwrap_or_default();
    let own = std::env::split_paths(&own).map(|directory| directory.join("systemd-nspawn"));
    let units = UNIT_PATH.iter().map(|directory| Path::new(directory).join("systemd-nspawn"));
    own.chain(units).any(|program| program.is_file())
}

/// Whether Nix is there, which we run ourselves: `PATH` alone counts.
pub(crate) fn nix() -> bool {
    let own = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&own).any(|directory| directory.join("nix").is_file())
}
