# An own option that is a list of submodules with `imports`-like presets, ordered with `mkBefore`, indexed with `imap1`.
{ config, lib, ... }:
{
  imports = [ ./presets.nix ./jobs.nix ];
  options.jobs = lib.mkOption {
    type = lib.types.listOf (lib.types.submodule {
      options.name = lib.mkOption { type = lib.types.str; };
      options.preset = lib.mkOption { type = lib.types.enum (lib.attrNames config.presets); default = "small"; };
      options.extra = lib.mkOption { type = lib.types.attrsOf lib.types.raw; default = { }; };
    });
    default = [ ];
  };
  config.containers = lib.listToAttrs (lib.imap1 (i: j: lib.nameValuePair "${toString i}-${j.name}" (lib.mkMerge [
    config.presets.${j.preset}
    { privateUsers = 65536 * i; config = { }; }
    j.extra
  ])) config.jobs);
  config.networking.hostName = "jobs";
  config.system.stateVersion = "25.05";
}
