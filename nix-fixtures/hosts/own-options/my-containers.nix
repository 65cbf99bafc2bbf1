{ config, lib, ... }:
let
  inherit (lib) mkOption mkEnableOption mkIf types;
  cfg = config.my;
  enabled = lib.filterAttrs (_: c: c.enable) cfg.containers;
  opts =
    { name, config, ... }:
    {
      options = {
        enable = mkEnableOption "the container";
        id = mkOption { type = types.ints.between 1 254; };
        subdomain = mkOption {
          type = types.str;
          default = name;
        };
        fqdn = mkOption {
          type = types.str;
          readOnly = true;
          default = "${config.subdomain}.${cfg.domain}";
        };
        expose = mkOption {
          type = types.listOf types.port;
          default = [ 80 ];
          apply = lib.unique;
        };
        state = mkOption {
          type = types.listOf types.path;
          default = [ ];
        };
        network.bridge = mkOption {
          type = types.nullOr types.str;
          default = null;
        };
        network.address = mkOption {
          type = types.str;
          internal = true;
        };
      };
      config.network.address = lib.mkDefault "10.100.${toString config.id}.2";
    };
in
{
  options.my = {
    domain = mkOption {
      type = types.str;
      default = "localdomain";
    };
    containers = mkOption {
      type = types.attrsOf (types.submodule opts);
      default = { };
    };
  };

  config = mkIf (enabled != { }) {
    containers = lib.mapAttrs (name: c: {
      autoStart = true;
      privateNetwork = true;
      hostBridge = c.network.bridge;
      hostAddress = if c.network.bridge == null then "10.100.${toString c.id}.1" else null;
      localAddress = c.network.address + lib.optionalString (c.network.bridge != null) "/16";
      bindMounts = lib.genAttrs c.state (path: { hostPath = "/persist/${name}${path}"; isReadOnly = false; });
      forwardPorts = map (port: { hostPort = 10000 + c.id * 100 + lib.mod port 100; containerPort = port; }) c.expose;
      extraFlags = [ "--setenv=FQDN=${c.fqdn}" ];
      config = { networking.domain = cfg.domain; system.stateVersion = "25.05"; };
    }) enabled;
    networking.nat.enable = lib.any (c: c.network.bridge == null) (lib.attrValues enabled);
    networking.nat.internalInterfaces = map (n: "ve-${n}") (lib.attrNames enabled);
    networking.firewall.allowedTCPPorts = lib.concatMap (c: c.expose) (lib.attrValues enabled);
  };
}
