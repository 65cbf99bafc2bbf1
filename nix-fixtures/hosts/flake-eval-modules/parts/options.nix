{ lib, ... }:
let
  inherit (lib) mkOption types;
in
{
  options = {
    shared = mkOption { type = types.listOf types.deferredModule; default = [ ]; };
    hosts = mkOption {
      type = types.attrsOf (types.submodule { options.modules = mkOption { type = types.listOf types.raw; default = [ ]; }; });
      default = { };
    };
  };
}
