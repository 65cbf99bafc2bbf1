{ config, lib, ... }:
let
  cfg = config.roles.proxy;
in
{
  options.roles.proxy = {
    enable = lib.mkEnableOption "the proxy";
    upstreams = lib.mkOption { type = lib.types.attrsOf lib.types.port; default = { }; };
  };
  config = lib.mkIf cfg.enable {
    containers.proxy = {
      autoStart = true;
      extraFlags = lib.mapAttrsToList (n: p: "--setenv=UP_${lib.toUpper n}=${toString p}") cfg.upstreams;
      config = { };
    };
    networking.firewall.allowedTCPPorts = [ 443 ] ++ lib.attrValues cfg.upstreams;
  };
}
