top@{
  withSystem,
  inputs,
  lib,
  flake-parts-lib,
  ...
}:
{
  options = {
    site = lib.mkOption {
      type = lib.types.submodule {
        options.net = lib.mkOption { type = lib.types.str; };
        options.names = lib.mkOption {
          type = lib.types.listOf lib.types.str;
          default = [ ];
        };
      };
    };
    perSystem = flake-parts-lib.mkPerSystemOption (
      { system, ... }:
      {
        options.flags = lib.mkOption {
          type = lib.types.listOf lib.types.str;
          default = [ "--system=${system}" ];
        };
      }
    );
  };
  config = {
    systems = [ "x86_64-linux" ];
    site.net = "10.8.0";
    site.names = [
      "a"
      "b"
    ];
    perSystem =
      { config, system, ... }:
      {
        flags = [ "--arch=${lib.head (lib.splitString "-" system)}" ];
        legacyPackages.names = map (flag: "x${flag}") config.flags;
      };
    flake.nixosConfigurations.h = withSystem "x86_64-linux" (
      {
        config,
        self',
        system,
        ...
      }:
      inputs.nixpkgs.lib.nixosSystem {
        inherit system;
        specialArgs = {
          perSystem = config;
          inherit (self'.legacyPackages) names;
          inherit (top.config) site;
        };
        modules = [ ./host.nix ];
      }
    );
  };
}
