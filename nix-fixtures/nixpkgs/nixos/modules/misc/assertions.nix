# What a configuration finds wrong with itself. `system.build.toplevel` looks at it.
{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    assertions = mkOption {
      type = types.listOf types.unspecified;
      internal = true;
      default = [ ];
      description = "What has to hold for the system to be built: sets of `assertion` and `message`.";
    };
    warnings = mkOption {
      type = types.listOf types.str;
      internal = true;
      default = [ ];
      description = "What to tell whoever builds the system.";
    };
    meta = mkOption {
      type = types.attrsOf types.unspecified;
      internal = true;
      default = { };
      description = "What modules say of themselves; not used.";
    };
  };
}
