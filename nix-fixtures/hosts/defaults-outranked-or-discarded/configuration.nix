# Weaker priorities than the default, and discarded definitions, of options of many types: the default stays.
{ config, lib, ... }: let inherit (lib) mkOption types mkIf mkOverride mkDefault; in {
  options.e = {
    a = mkOption { type = types.listOf types.str; default = [ ]; };
    b = mkOption { type = types.nullOr types.str; default = null; };
    c = mkOption { type = types.submodule { options.x = mkOption { type = types.attrsOf types.int; default = { }; }; }; default = { }; };
    d = mkOption { type = types.lines; default = ""; };
    f = mkOption { type = types.attrsOf types.int; default = { z = 1; }; };
    g = mkOption { type = types.bool; default = false; };
    h = mkOption { type = types.either types.str (types.attrsOf types.str); default = { }; };
    i = mkOption { type = types.attrsOf (types.listOf types.str); default = { }; };
  };
  config = lib.mkMerge [
    { e.a = mkOverride 1501 [ "x" ]; e.b = mkOverride 2000 "y"; e.c.x = mkIf false { q = 1; }; e.d = mkIf false "z"; e.f = mkIf false { y = 2; }; e.g = mkOverride 1600 true; e.h = mkIf false "s"; e.i.j = mkIf false [ "1" ]; e.i.k = lib.mkMerge [ ]; }
    { containers.t = { config = { }; extraFlags = [ (builtins.toJSON config.e) ]; }; }
  ];
}
