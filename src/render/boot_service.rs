//! `container-rebuild.service`, which brings the containers up at boot, as a unit, as a package and as NixOS's options.

use super::{paths, unit};

/// The target that starts it.
pub(crate) const WANTED_BY: &str = "multi-user.target";

/// The units that it starts after: everything else that loads rules, since a `flush ruleset` there would delete ours.
const AFTER: [&str; 4] = ["network.target", "nftables.service", "firewall.service", "dbus.service"];
/// It starts before `machines.target`, by which NixOS has started its containers.
const BEFORE: &str = "machines.target";

/// The directories of programs on NixOS and elsewhere. On NixOS a service has none of them on its `PATH`, which we
/// search for `nft`.
pub(super) const PATH: &str = "/nix/var/nix/profiles/default/bin:/run/current-system/sw/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/// The text of the unit below `/etc/systemd/system`.
pub(crate) fn text() -> String {
    with("")
}

/// The text of the unit for a package in the default profile, where NixOS's systemd reads it.
pub(crate) fn packaged() -> String {
    with(&format!("Environment=PATH={PATH}\n"))
}

fn with(setting: &str) -> String {
    format!(
        "{header}

[Unit]
Description=Containers that container-rebuild last brought up
After={after}
Before={BEFORE}
RequiresMountsFor={mounts}
ConditionPathExists={boot}

[Service]
Type=oneshot
RemainAfterExit=yes
{setting}ExecStart={program} internal boot
SyslogIdentifier=container-rebuild

[Install]
WantedBy={WANTED_BY}
",
        header = unit::HEADER,
        after = AFTER.join(" "),
        mounts = mounts(),
        boot = paths::boot_generation().display(),
        program = paths::PROGRAM,
    )
}

/// The paths that must be mounted: all that the service reads.
fn mounts() -> String {
    format!("/nix {} {}", paths::STATE, paths::ROOTS)
}

/// The service as NixOS options, for a host whose units are part of its system.
pub(crate) fn nixos() -> String {
    let after: Vec<String> = AFTER.iter().map(|unit| format!("\"{unit}\"")).collect();
    format!(
        "systemd.services.container-rebuild = {{
  description = \"Containers that container-rebuild last brought up\";
  wantedBy = [ \"{WANTED_BY}\" ];
  after = [ {after} ];
  before = [ \"{BEFORE}\" ];
  path = [ pkgs.nftables ];
  unitConfig.RequiresMountsFor = \"{mounts}\";
  unitConfig.ConditionPathExists = \"{boot}\";
  restartIfChanged = false;
  serviceConfig = {{
    Type = \"oneshot\";
    RemainAfterExit = true;
    ExecStart = \"{program} internal boot\";
  }};
}};",
        after = after.join(" "),
        mounts = mounts(),
        boot = paths::boot_generation().display(),
        program = paths::PROGRAM,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_comes_after_other_rules_and_before_other_machines() {
        insta::assert_snapshot!(text(), @r#"
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
        ExecStart=/var/lib/container-rebuild/bin/container-rebuild internal boot
        SyslogIdentifier=container-rebuild

        [Install]
        WantedBy=multi-user.target
        "#);
        assert_eq!(packaged().replace(&format!("Environment=PATH={PATH}\n"), ""), text());
    }

    #[test]
    fn nixos_is_told_the_same_service() {
        insta::assert_snapshot!(nixos(), @r#"
        systemd.services.container-rebuild = {
          description = "Containers that container-rebuild last brought up";
          wantedBy = [ "multi-user.target" ];
          after = [ "network.target" "nftables.service" "firewall.service" "dbus.service" ];
          before = [ "machines.target" ];
          path = [ pkgs.nftables ];
          unitConfig.RequiresMountsFor = "/nix /var/lib/container-rebuild /var/lib/nixos-containers";
          unitConfig.ConditionPathExists = "/var/lib/container-rebuild/boot.json";
          restartIfChanged = false;
          serviceConfig = {
            Type = "oneshot";
            RemainAfterExit = true;
            ExecStart = "/var/lib/container-rebuild/bin/container-rebuild internal boot";
          };
        };
        "#);
    }
}
