{
  lib,
  config,
  moduleWithSystem,
  flake-parts-lib,
  ...
}:
{
  options.hosts = lib.mkOption {
    default = { };
    type = lib.types.attrsOf (
      lib.types.submodule (
        { name, ... }:
        {
          options = {
            containers = lib.mkOption {
              type = lib.types.listOf lib.types.str;
              default = [ ];
            };
            tun = lib.mkEnableOption "tunnels";
            domain = lib.mkOption {
              type = lib.types.str;
              default = "${name}.example";
            };
          };
        }
      )
    );
  };
  config = {
    perSystem = { system, ... }: { legacyPackages.mark = "--mark=${system}"; };
    flake.nixosModules = {
      marked = moduleWithSystem (
        perSystem@{ config, ... }:
        { lib, ... }:
        {
          options.marks = lib.mkOption {
            type = lib.types.listOf lib.types.str;
            default = [ perSystem.config.legacyPackages.mark ];
          };
        }
      );
      tun = flake-parts-lib.importApply ./tun.nix { inherit (config.hosts.one) containers; };
    };
  };
}
