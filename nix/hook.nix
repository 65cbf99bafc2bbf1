# `services.container-rebuild.enable`: container-rebuild runs the containers that this host declares, instead of NixOS.
#
# NixOS keeps the unit `container@NAME` of each container, so that what a host says about it stays in force and its name belongs
# to the host. Only what starts and restarts the guest is replaced. What changes between two rebuilds is in drop-ins below /run,
# which container-rebuild writes.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (lib) mkForce mkIf mkOption types;
  cfg = config.services.container-rebuild;

  program = lib.getExe cfg.package;
  # What units call: it is replaced when the package changes, without a change of the units.
  installed = "/var/lib/container-rebuild/bin/container-rebuild";

  # Only data, and the systems of the guests that it refers to.
  manifest = pkgs.writeText "container-rebuild-host.json" (
    builtins.toJSON (import ./manifest.nix { inherit config lib options; })
  );

  unit = {
    script = mkForce "";
    preStart = mkForce "";
    postStart = mkForce "";
    # Which containers start at boot, and in which order, is decided by container-rebuild.service.
    wantedBy = mkForce [ ];
    restartIfChanged = mkForce false;
    restartTriggers = mkForce [ ];
    unitConfig = {
      # Marks the unit as one of ours (src/render/paths.rs).
      X-ContainerRebuild = "hook";
      # container-rebuild.service stops what is no longer declared.
      X-StopOnRemoval = false;
      RequiresMountsFor = mkForce [ ];
    };
    serviceConfig = {
      ExecStart = "${installed} internal launch %i";
      ExecStopPost = "${installed} internal cleanup %i";
      ExecReload = mkForce [ ];
      EnvironmentFile = mkForce [ ];
      # systemd would empty what is mounted there.
      RuntimeDirectory = mkForce [ ];
      DeviceAllow = mkForce [ ];
    };
  };
in
{
  options.services.container-rebuild.enable = mkOption {
    type = types.bool;
    default = false;
    example = true;
    description = ''
      Whether container-rebuild runs the containers of {option}`containers`. Their state stays where it is, when this is
      enabled and when it is disabled again. Containers that `nixos-container create` made are left alone.
    '';
  };

  config = mkIf cfg.enable {
    assertions = [
      {
        assertion = lib.versionAtLeast config.system.stateVersion "22.05";
        message = ''
          services.container-rebuild.enable: `system.stateVersion` is ${config.system.stateVersion}, and before 22.05 NixOS keeps the state of containers in /var/lib/containers
          container-rebuild expects it in /var/lib/nixos-containers.
        '';
      }
    ];

    environment.systemPackages = [ cfg.package ];
    # What the host declares, for `container-rebuild status`. The links of NixOS to its own `.conf` files are replaced by ours.
    environment.etc = {
      "container-rebuild/host.json".source = manifest;
    }
    // lib.optionalAttrs config.boot.enableContainers (
      lib.mapAttrs' (name: _: lib.nameValuePair "nixos-containers/${name}.conf" { enable = mkForce false; }) config.containers
    );

    systemd.services = {
      # Its end is the end of the hook: nothing restarts it, and NixOS stops it when it is no longer declared.
      container-rebuild-owner = {
        description = "Ownership of this host's containers by container-rebuild";
        wantedBy = [ "multi-user.target" ];
        # Its end asks systemd whether the host stops.
        after = [ "dbus.service" ];
        # Where both stop, the guests do first.
        before = map (name: "container@${name}.service") (lib.attrNames config.containers);
        restartIfChanged = false;
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = "${pkgs.coreutils}/bin/true";
          ExecStop = "${program} internal hand-back";
          # Guests may take a minute and a half to stop.
          TimeoutStopSec = "10min";
          SyslogIdentifier = "container-rebuild";
        };
      };

      container-rebuild = {
        description = "Containers of this host";
        wantedBy = [ "multi-user.target" ];
        requires = [ "container-rebuild-owner.service" ];
        wants = [ "network.target" ];
        # Everything else that loads rules comes first, since a `flush ruleset` there would delete ours.
        after = [
          "container-rebuild-owner.service"
          "network.target"
          "nftables.service"
          "firewall.service"
          "dbus.service"
        ];
        before = [ "machines.target" ];
        # Restarted, not stopped before and started after: between the two, nothing would be decided about containers.
        stopIfChanged = false;
        restartTriggers = [ manifest ];
        unitConfig.RequiresMountsFor = "/nix /var/lib/container-rebuild /var/lib/nixos-containers";
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = "${program} internal reconcile ${manifest}";
          SyslogIdentifier = "container-rebuild";
        };
      };
    }
    // lib.optionalAttrs config.boot.enableContainers (
      lib.mapAttrs' (name: _: lib.nameValuePair "container@${name}" unit) config.containers
    );

    # Prints the plan, also at `nixos-rebuild dry-activate`. At boot there is nothing to compare with yet.
    system.activationScripts.container-rebuild = {
      supportsDryActivation = true;
      text = ''
        if [ -n "''${NIXOS_ACTION:-}" ]; then
          ${program} internal plan ${manifest} || true
        fi
      '';
    };

    system.${if options.system ? preSwitchChecks then "preSwitchChecks" else null}.container-rebuild = ''
      ${program} check ${manifest}
    '';
  };
}
