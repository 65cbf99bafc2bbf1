# `services.openssh`.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.services.openssh;
  file = pkgs.writeText "sshd_config" (
    ''
      AuthorizedKeysFile %h/.ssh/authorized_keys /etc/ssh/authorized_keys.d/%u
      Subsystem sftp internal-sftp
      UsePAM yes
    ''
    + lib.concatMapStrings (port: "Port ${toString port}\n") cfg.ports
    + lib.concatMapStrings (l: "ListenAddress ${l.addr}${lib.optionalString (l.port != null) ":${toString l.port}"}\n") cfg.listenAddresses
    + lib.generators.toKeyValue {
      mkKeyValue = key: value: "${key} ${if builtins.isBool value then lib.boolToYesNo value else if builtins.isList value then lib.concatStringsSep "," value else toString value}";
    } (lib.filterAttrs (_: v: v != null) cfg.settings)
    + cfg.extraConfig
  );
in
{
  imports = [
    (lib.mkRenamedOptionModule [ "services" "openssh" "permitRootLogin" ] [ "services" "openssh" "settings" "PermitRootLogin" ])
    (lib.mkRenamedOptionModule [ "services" "openssh" "passwordAuthentication" ] [ "services" "openssh" "settings" "PasswordAuthentication" ])
    (lib.mkRenamedOptionModule [ "services" "sshd" "enable" ] [ "services" "openssh" "enable" ])
  ];

  options.services.openssh = {
    enable = lib.mkEnableOption "the OpenSSH daemon";
    startWhenNeeded = mkOption {
      type = types.bool;
      default = config.boot.isContainer;
      description = "Accepted without effect: the daemon always runs.";
    };
    ports = mkOption {
      type = types.listOf types.port;
      default = [ 22 ];
      description = "The ports.";
    };
    openFirewall = mkOption {
      type = types.bool;
      default = true;
      description = "Whether the firewall lets the ports through.";
    };
    listenAddresses = mkOption {
      type = types.listOf (
        types.submodule {
          options = {
            addr = mkOption {
              type = types.str;
              description = "The address.";
            };
            port = mkOption {
              type = types.nullOr types.port;
              default = null;
              description = "The port.";
            };
          };
        }
      );
      default = [ ];
      description = "Where it listens; empty means everywhere.";
    };
    hostKeys = mkOption {
      type = types.listOf types.attrs;
      default = [ ];
      description = "Accepted without effect.";
    };
    authorizedKeysFiles = mkOption {
      type = types.listOf types.str;
      default = [ ];
      description = "Accepted without effect.";
    };
    settings = mkOption {
      type = types.submodule {
        freeformType = types.attrsOf (types.nullOr (types.oneOf [ types.bool types.int types.str (types.listOf types.str) ]));
        options.PermitRootLogin = mkOption {
          type = types.enum [ "yes" "without-password" "prohibit-password" "forced-commands-only" "no" ];
          default = "prohibit-password";
          description = "Whether root may log in.";
        };
        options.PasswordAuthentication = mkOption {
          type = types.nullOr types.bool;
          default = true;
          description = "Whether a password will do.";
        };
      };
      default = { };
      description = "Settings of sshd_config(5).";
    };
    extraConfig = mkOption {
      type = types.lines;
      default = "";
      description = "Further lines.";
    };
  };

  config = lib.mkIf cfg.enable {
    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall cfg.ports;
    # The Debian tree has the account that the daemon needs.
    systemd.services.sshd = {
      description = "SSH daemon";
      wantedBy = [ "multi-user.target" ];
      restartTriggers = [ file ];
      serviceConfig = {
        ExecStartPre = "/usr/bin/ssh-keygen -A";
        ExecStart = "/usr/sbin/sshd -D -f ${file}";
        ExecReload = "/bin/kill -HUP $MAINPID";
        KillMode = "process";
        RuntimeDirectory = "sshd";
        RuntimeDirectoryPreserve = true;
        Restart = "on-failure";
      };
    };
  };
}
