# `options` and `config` in the root file itself, `config` as `mkMerge` of sets, conditions and imported results.
{ config, lib, ... }:
let
  cfg = config.host;
in
{
  options.host = {
    site = lib.mkOption { type = lib.types.enum [ "home" "office" ]; };
    guests = lib.mkOption {
      type = lib.types.listOf (lib.types.submodule {
        options.name = lib.mkOption { type = lib.types.str; };
        options.weight = lib.mkOption { type = lib.types.int; default = 100; };
        options.public = lib.mkEnableOption "publishing";
      });
      default = [ ];
    };
  };
  config = lib.mkMerge [
    {
      host.site = "office";
      host.guests = [ { name = "wiki"; public = true; } { name = "bot"; weight = 10; } ];
      networking.hostName = "toplevel";
    }
    (lib.mkIf (cfg.site == "office") {
      networking.nat.externalInterface = "office0";
      host.guests = lib.mkAfter [ { name = "printer"; } ];
    })
    (lib.mkIf (cfg.site == "home") { networking.nat.externalInterface = "home0"; })
    {
      containers = lib.mkMerge (
        map (g: {
          ${g.name} = {
            autoStart = g.public;
            extraFlags = [ "--property=CPUWeight=${toString g.weight}" ];
            config = { };
          };
        }) cfg.guests
      );
      networking.firewall.allowedTCPPorts = lib.optional (lib.any (g: g.public) cfg.guests) 443;
    }
    (import ./rest.nix { total = lib.foldl' (sum: g: sum + g.weight) 0 cfg.guests; })
  ];
}
