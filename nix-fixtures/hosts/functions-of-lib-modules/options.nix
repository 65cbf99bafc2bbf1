{ lib, ... }:
with lib;
{
  options.site = {
    name = mkOption { type = types.str; };
    containers = mkOption { type = types.attrsOf (types.coercedTo (types.attrsOf types.anything) builtins.attrNames (types.listOf types.str)); default = { }; };
    timeout = mkOption { type = types.str; default = "1min"; };
    flags = mkOption { type = types.listOf types.str; default = [ ]; };
    level = mkOption { type = types.int; default = 2; };
  };
}
