//! The service that brings the boot generation up (contract §8).
//!
//! Written to `/etc/systemd/system` and enabled there. What it does at boot is the command line's to say.

use std::io;
use std::path::{Path, PathBuf};

use super::systemd::{self, BusError};
use super::{bus, durable};
use crate::render::{paths, unit};

/// Why it could not be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is nobody who would run it.
    #[error("systemd does not run here")]
    NoSystemd,
    /// The unit could not be written, as on NixOS.
    #[error("cannot write {}", path.display())]
    Write {
        /// The unit.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// systemd refused.
    #[error("cannot enable {}", paths::BOOT_SERVICE)]
    Enable {
        /// What it said.
        source: BusError,
    },
}

/// Writes the unit, which runs the program at the absolute path `exe`, and enables it. Gives where it is.
pub fn install_boot(exe: &Path) -> Result<PathBuf, InstallError> {
    if !bus::is_booted_with_systemd() {
        return Err(InstallError::NoSystemd);
    }
    let path = Path::new(paths::NATIVE_UNITS).join(paths::BOOT_SERVICE);
    durable::write(&path, text(exe).as_bytes(), 0o644)
        .map_err(|source| InstallError::Write { path: path.clone(), source })?;
    let enabled = systemd::reload().and_then(|()| systemd::enable(paths::BOOT_SERVICE));
    enabled.map_err(|source| InstallError::Enable { source })?;
    Ok(path)
}

/// The unit's text.
///
/// It comes after whatever else loads rules, since `flush ruleset` in one of those would take ours with it, and after the
/// mounts that hold what it reads. `machines.target` is where NixOS has its containers up.
fn text(exe: &Path) -> String {
    format!(
        "{header}

[Unit]
Description=Containers that container-rebuild last brought up
After=network.target nftables.service firewall.service dbus.service
Before=machines.target
RequiresMountsFor=/nix {state} {roots}
ConditionPathExists={boot}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={exe} internal boot

[Install]
WantedBy=multi-user.target
",
        header = unit::HEADER,
        state = paths::STATE,
        roots = paths::ROOTS,
        boot = paths::boot_generation().display(),
        exe = quoted(exe),
    )
}

/// A path as the first word of a command line (systemd.service(5)), where `$` and `%` have a meaning.
fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let escaped = text.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    if escaped.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\')) {
        format!("\"{escaped}\"")
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::netns::tests::empty_host;

    #[test]
    fn the_unit_comes_after_other_rules_and_before_other_machines() {
        insta::assert_snapshot!(text(Path::new("/opt/with space/container-rebuild")), @r#"
        # Written by container-rebuild. Changes made here are lost.

        [Unit]
        Description=Containers that container-rebuild last brought up
        After=network.target nftables.service firewall.service dbus.service
        Before=machines.target
        RequiresMountsFor=/nix /var/lib/container-rebuild /var/lib/nixos-containers
        ConditionPathExists=/var/lib/container-rebuild/boot.json

        [Service]
        Type=oneshot
        RemainAfterExit=yes
        ExecStart="/opt/with space/container-rebuild" internal boot

        [Install]
        WantedBy=multi-user.target
        "#);
    }

    #[test]
    fn without_systemd_nothing_is_written() {
        empty_host(|| {
            assert!(matches!(install_boot(Path::new("/x")), Err(InstallError::NoSystemd)));
            assert!(!Path::new("/etc").exists());
        });
    }
}
