{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.guests;
in
{
  options.guests = {
    common = mkOption { type = types.deferredModule; default = { }; };
    definitions = mkOption { type = types.attrsOf types.deferredModule; default = { }; };
    address = mkOption { type = types.functionTo types.str; };
    overrides = mkOption { type = types.attrsOf (types.functionTo types.raw); default = { }; };
  };
  config.containers = lib.mapAttrs (
    name: module:
    (cfg.overrides.${name} or lib.id) {
      autoStart = true;
      privateNetwork = true;
      hostAddress = "10.26.0.1";
      localAddress = cfg.address name;
      config.imports = [ cfg.common module ];
    }
  ) cfg.definitions;
}
