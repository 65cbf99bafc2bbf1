# `nixpkgs.*`: the package set that modules get as `pkgs`.
{
  config,
  lib,
  options,
  ...
}:
let
  inherit (lib) mkOption types;
  cfg = config.nixpkgs;
  platform = types.either types.str types.attrs;
in
{
  options.nixpkgs = {
    pkgs = mkOption {
      type = types.pkgs;
      description = "A package set to take as it is.";
    };
    config = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "Configuration of the package set.";
    };
    overlays = mkOption {
      type = types.listOf types.raw;
      default = [ ];
      description = "Changes to the package set.";
    };
    hostPlatform = mkOption {
      type = platform;
      apply = lib.systems.elaborate;
      default = cfg.system;
      description = "What the system runs on.";
    };
    buildPlatform = mkOption {
      type = platform;
      default = cfg.hostPlatform;
      description = "What the system is built on.";
    };
    localSystem = mkOption {
      type = platform;
      default = cfg.system;
      description = "The older name of the platform.";
    };
    system = mkOption {
      type = types.str;
      default = builtins.currentSystem or (throw "Neither nixpkgs.hostPlatform nor the argument `system' says what the system runs on.");
      description = "The platform as a string.";
    };
  };

  config._module.args.pkgs = lib.mkDefault (
    if options.nixpkgs.pkgs.isDefined then
      cfg.pkgs.appendOverlays cfg.overlays
    else
      import ../../.. {
        inherit (cfg) config overlays;
        inherit (cfg.hostPlatform) system;
      }
  );
}
