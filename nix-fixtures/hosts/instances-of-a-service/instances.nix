{ config, lib, ... }:
let
  inherit (lib) mkOption mkEnableOption types;
  cfg = config.forge;
  enabled = lib.filterAttrs (_: i: i.enable) cfg.instances;
  names = lib.attrNames enabled;
  portOf = name: cfg.basePort + lib.lists.findFirstIndex (n: n == name) 0 names * 10;
  backend = types.attrTag {
    postgres = mkOption { type = types.submodule { options = { host = mkOption { type = types.str; default = "localhost"; }; port = mkOption { type = types.port; default = 5432; }; }; }; };
    sqlite = mkOption { type = types.submodule { options.path = mkOption { type = types.path; default = "/data/forge.db"; }; }; };
  };
  flagsOf = b: if b ? postgres then [ "--setenv=DB=${b.postgres.host}:${toString b.postgres.port}" ] else [ "--setenv=DB=${b.sqlite.path}" ];
in
{
  options.forge = {
    basePort = mkOption { type = types.port; };
    instances = mkOption {
      default = { };
      type = types.attrsOf (types.submodule ({ name, ... }: {
        options = {
          enable = mkEnableOption name // { default = true; };
          backend = mkOption { type = backend; };
          replicas = mkOption { type = types.ints.positive; default = 1; };
          settings = mkOption { type = types.submodule { freeformType = (types.attrsOf types.anything); options.log.level = mkOption { type = types.str; default = "info"; }; }; default = { }; };
        };
        config.settings.name = lib.mkDefault "forge-${name}";
      }));
    };
  };
  config = lib.mkIf (enabled != { }) {
    containers = lib.concatMapAttrs (name: i: lib.listToAttrs (lib.genList (n: {
      name = "${name}-${toString n}";
      value = {
        autoStart = true;
        privateNetwork = true;
        forwardPorts = [ { hostPort = portOf name + n; containerPort = 3000; } ];
        extraFlags = flagsOf i.backend ++ [ "--setenv=SETTINGS=${builtins.toJSON i.settings}" ];
        bindMounts = lib.mkIf (i.backend ? sqlite) { ${dirOf i.backend.sqlite.path}.isReadOnly = false; };
        config = { };
      };
    }) i.replicas)) enabled;
    networking.firewall.allowedTCPPorts = lib.concatMap (n: lib.range (portOf n) (portOf n + enabled.${n}.replicas - 1)) names;
  };
}
