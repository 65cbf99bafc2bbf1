{ lib, config, ... }:
let
  cfg = config.collection;
  on = lib.filterAttrs (_: s: s.enable) cfg.services;
in
{
  options.collection = {
    subnet = lib.mkOption { type = lib.types.strMatching "([0-9]+\\.){2}[0-9]+"; default = "10.110.0"; };
    services = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule ({ name, ... }: {
        options = {
          enable = lib.mkOption { type = lib.types.bool; default = false; };
          host = lib.mkOption { type = lib.types.nullOr (lib.types.ints.between 2 254); default = null; };
          container = lib.mkOption { type = lib.types.attrsOf lib.types.raw; default = { }; };
          ports = lib.mkOption { type = lib.types.attrsOf lib.types.port; default = { }; };
        };
      }));
      default = { };
    };
  };
  config = {
    containers = lib.mapAttrs (name: s: lib.mkMerge [
      {
        autoStart = lib.mkDefault true;
        privateNetwork = s.host != null;
        forwardPorts = lib.mapAttrsToList (_: p: { hostPort = p; }) s.ports;
        config = { };
      }
      (lib.mkIf (s.host != null) { hostAddress = "${cfg.subnet}.1"; localAddress = "${cfg.subnet}.${toString s.host}"; })
      s.container
    ]) on;
    networking.firewall.allowedTCPPorts = lib.concatMap (s: lib.attrValues s.ports) (lib.attrValues on);
  };
}
