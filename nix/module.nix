# The options of container-rebuild, for hosts that NixOS builds: those that NixOS's own containers lack.
#
# With none of them set, a system is the same as without this module: it starts nothing and installs nothing, unless
# `services.container-rebuild.enable` is set (hook.nix).
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) literalExpression mkOption types;
  cfg = config.services.container-rebuild;

  # systemd.unit(5), without characters that mean anything in a unit file.
  unit = types.strMatching "[a-zA-Z0-9:_.\\@-]+[.](automount|device|mount|path|scope|service|slice|socket|swap|target|timer)" // {
    description = "name of a systemd unit, with its type";
  };
  names =
    type: example: description:
    mkOption {
      type = types.listOf type;
      default = [ ];
      inherit example description;
    };

  bindSource.options = {
    user = mkOption {
      type = types.either types.ints.u32 types.str;
      default = "root";
      description = "The owner: a user of the host, or a number, which is the same user in every guest.";
    };
    group = mkOption {
      type = types.either types.ints.u32 types.str;
      default = "root";
      description = "The group: one of the host, or a number.";
    };
    mode = mkOption {
      type = types.strMatching "[0-7]{3,4}";
      default = "0755";
      description = "The permissions, in octal.";
    };
  };

  healthCheck.options = {
    ports = mkOption {
      type = types.listOf (types.ints.between 1 65535);
      default = [ ];
      example = [ 80 ];
      description = "TCP ports of the guest on which something must answer.";
    };
    units = names unit [ "nginx.service" ] "Units of the guest that must be active.";
    timeoutSec = mkOption {
      type = types.ints.between 1 3600;
      default = 30;
      description = "How long this may take, in seconds.";
    };
  };

  ports = types.either types.port (types.strMatching "[0-9]{1,5}:[0-9]{1,5}");
  forward.options = {
    protocol = mkOption {
      type = types.enum [
        "tcp"
        "udp"
        "sctp"
      ];
      default = "tcp";
      description = "The transport protocol.";
    };
    hostPort = mkOption {
      type = ports;
      example = "8000:8010";
      description = "The port of the host, or a range of ports.";
    };
    containerPort = mkOption {
      type = types.nullOr ports;
      default = null;
      description = ''
        The port of the guest, or a range of the same size; null means the same as on the host.
      '';
    };
    hostAddress = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "203.0.113.1";
      description = "The address of the host to which connections are forwarded; null means every address.";
    };
    interface = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "wg0";
      description = "The interface of the host by which connections come in; null means every one, and the host itself.";
    };
    sources = mkOption {
      type = types.listOf types.str;
      default = [ ];
      example = [
        "10.8.0.0/24"
        "fd08::/64"
      ];
      description = "The addresses and networks from which connections are forwarded; none means from everywhere.";
    };
    hairpin = mkOption {
      type = types.bool;
      default = true;
      description = "Whether guests of this host can use the forward, too.";
    };
  };

  container.options = {
    after = names types.str [ "cache" ] ''
      Containers that start before this one and stop after it, if both start or stop.
    '';
    requires = names types.str [ "db" ] ''
      Containers that must run before this one starts. It stops when one of them stops.
    '';
    afterUnits = names unit [ "postgresql.service" ] ''
      Units of the host that start before this container, if both start.
    '';
    requiresUnits = names unit [ "postgresql.service" ] ''
      Units of the host that must run before this container starts. It stops when one of them stops.
    '';
    wantsUnits = names unit [ "postgresql.service" ] ''
      Units of the host that start with this container.
    '';
    bindSources = mkOption {
      type = types.attrsOf (types.submodule bindSource);
      default = { };
      example = {
        "/srv/web" = {
          user = 1000;
          mode = "0750";
        };
      };
      description = ''
        Sources of bind mounts, by `hostPath`, that are created as directories if they are missing. Those that exist are
        never changed.
      '';
    };
    createBridge = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether the bridges that it is attached to (`hostBridge`, also of `extraVeths`) are created if they are missing.
      '';
    };
    credentials = mkOption {
      # A path in the Nix language would be copied into the store, where everybody can read the secret.
      type = types.attrsOf (types.strMatching "/.*");
      default = { };
      example = {
        db-password = "/run/secrets/db-password";
      };
      description = ''
        Files of the host that the guest gets as credentials, by name. systemd reads them when the container starts; a service
        of the guest takes one with `LoadCredential`.
      '';
    };
    encryptedCredentials = mkOption {
      type = types.attrsOf types.path;
      default = { };
      example = {
        db-password = "/etc/credstore.encrypted/db-password";
      };
      description = "The same, encrypted with `systemd-creds encrypt --name=NAME` on this host.";
    };
    forwards = mkOption {
      type = types.attrsOf (types.submodule forward);
      default = { };
      example = {
        https = {
          hostPort = 443;
          hostAddress = "203.0.113.1";
        };
      };
      description = ''
        Ports of the host that lead to the guest, by names of your choice, beyond what `forwardPorts` can say: ranges, SCTP, and
        conditions on a connection. NixOS's own containers have no such forwards.
      '';
    };
    healthCheck = mkOption {
      type = types.submodule healthCheck;
      default = { };
      example = {
        ports = [ 80 ];
      };
      description = ''
        What the guest must do after a start or a change, or else the container goes back to its former system and settings.
      '';
    };
    mtu = mkOption {
      type = types.nullOr (types.ints.between 1280 65535);
      default = null;
      example = 9000;
      description = "The MTU of its `eth0` and of the host's end, in bytes; null means the kernel's, 1500.";
    };
    openFirewall = mkOption {
      type = types.bool;
      default = false;
      description = ''
        Whether the host's firewall lets in what the guest's own firewall opens (`allowedTCPPorts` and so on), for a container in the
        host's network. Ports that are forwarded to a guest need no opening.
      '';
    };
    resourceControl = mkOption {
      type = types.attrsOf (
        types.oneOf [
          types.bool
          types.int
          types.str
          (types.listOf types.str)
        ]
      );
      default = { };
      example = {
        MemoryMax = "2G";
        CPUQuota = "50%";
        TasksMax = 4096;
      };
      description = ''
        Resource limits, by their names in {manpage}`systemd.resource-control(5)`. They change while the container runs.
      '';
    };
  };
in
{
  imports = [ ./hook.nix ];

  options.services.container-rebuild = {
    package = mkOption {
      type = types.package;
      default = pkgs.container-rebuild or (pkgs.callPackage ./package.nix { });
      defaultText = literalExpression "pkgs.container-rebuild";
      example = literalExpression "inputs.container-rebuild.packages.\${pkgs.stdenv.hostPlatform.system}.default";
      description = ''
        The package of container-rebuild. Unless {option}`services.container-rebuild.enable` is set, it is not installed by
        itself: add it to {option}`environment.systemPackages`.
      '';
    };
    keepGenerations = mkOption {
      type = types.ints.between 1 4294967295;
      default = 10;
      description = "How many generations of containers to keep, beside the booted one and the one that boots next.";
    };
    deleteGenerationsOlderThan = mkOption {
      type = types.nullOr (types.strMatching "[0-9]+d");
      default = null;
      example = "30d";
      description = "Delete generations of containers that are older than this number of days; null keeps them.";
    };
    containers = mkOption {
      type = types.attrsOf (types.submodule container);
      default = { };
      example = {
        web = {
          after = [ "cache" ];
          resourceControl.MemoryMax = "2G";
        };
      };
      description = ''
        What container-rebuild does with containers beside the options of {option}`containers`, by their names there. NixOS's
        own containers ignore all of it.
      '';
    };
  };

  options.containers = mkOption {
    type = types.attrsOf (
      types.submodule (
        { config, ... }:
        {
          options.dropCapabilities = mkOption {
            type = types.listOf types.str;
            default = [ ];
            example = [ "CAP_SYS_PTRACE" ];
            description = ''
              Capabilities that the guest does not get (`--drop-capability=` of {manpage}`systemd-nspawn(1)`), also where NixOS
              itself runs the container.
            '';
          };
          # NixOS passes these on. container-rebuild drops each capability once all the same. Last, so that no element of yours
          # changes its position in the list.
          config.extraFlags = lib.mkIf (config.dropCapabilities != [ ]) (
            lib.mkAfter [ "--drop-capability=${lib.concatStringsSep "," config.dropCapabilities}" ]
          );
        }
      )
    );
  };

  # Only the guests that ask for it are evaluated for this.
  config.networking.firewall =
    lib.genAttrs
      [
        "allowedTCPPorts"
        "allowedTCPPortRanges"
        "allowedUDPPorts"
        "allowedUDPPortRanges"
      ]
      (
        list:
        lib.mkMerge (
          lib.mapAttrsToList (
            name: settings:
            lib.mkIf (settings.openFirewall && !config.containers.${name}.privateNetwork)
              config.containers.${name}.config.networking.firewall.${list}
          ) cfg.containers
        )
      );

  config.assertions = lib.mapAttrsToList (name: _: {
    assertion = config.containers ? ${name};
    message = ''
      services.container-rebuild.containers.${lib.strings.escapeNixIdentifier name}: there is no container `${name}`
      Name a container of `containers`, or remove these settings.
    '';
  }) cfg.containers;
}
