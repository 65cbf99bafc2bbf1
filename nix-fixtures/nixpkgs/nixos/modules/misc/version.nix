# Which release this is, and which one the state on disk was made by.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.system = {
    stateVersion = mkOption {
      type = types.str;
      default = config.system.nixos.release;
      description = "The release that the system's state was first made with.";
    };
    nixos = {
      release = mkOption {
        type = types.str;
        readOnly = true;
        default = lib.trivial.release;
        description = "The release.";
      };
      version = mkOption {
        type = types.str;
        default = lib.trivial.version;
        description = "The release and its revision.";
      };
      label = mkOption {
        type = types.str;
        default = config.system.nixos.version;
        description = "What the system's name ends with.";
      };
      tags = mkOption {
        type = types.listOf types.str;
        default = [ ];
        description = "Words for the label; not used.";
      };
    };
    name = mkOption {
      type = types.str;
      default = config.networking.hostName;
      description = "The name of the system, part of its store path.";
    };
    configurationRevision = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "The revision of the configuration.";
    };
    autoUpgrade = mkOption {
      type = types.attrsOf types.anything;
      default = { };
      description = "Accepted without effect.";
    };
  };
}
