# Instances under a condition that does not hold, over which containers are mapped.
{ config, lib, ... }: let inherit (lib) mkOption types mkIf; in {
  options.services.mine = mkOption { default = { }; type = types.attrsOf (types.submodule { options.port = mkOption { type = types.port; default = 80; }; options.opts = mkOption { type = types.attrs; default = { }; }; }); };
  config = {
    services.mine = mkIf (config.networking.hostName == "other") { web.port = 1; };
    networking.hostName = "this";
    containers = lib.mapAttrs (n: v: { config = { }; forwardPorts = [ { hostPort = v.port; } ]; }) config.services.mine // { always.config = { }; };
  };
}
