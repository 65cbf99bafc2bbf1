# Definitions as weak as the default are merged with it; discarded instances are none; `apply` sees the default.
{ config, lib, ... }: let inherit (lib) mkOption types mkIf mkOptionDefault mkDefault; in {
  options.e = {
    a = mkOption { type = types.attrsOf types.str; default = { d = "default"; }; };
    b = mkOption { type = types.attrsOf types.str; default = { d = "default"; }; };
    c = mkOption { type = types.listOf types.str; default = [ "default" ]; };
    d = mkOption { type = types.attrsOf types.str; default = { }; apply = x: x // { applied = "1"; }; };
    f = mkOption { type = types.attrsOf (types.submodule ({ name, ... }: { options.n = mkOption { type = types.str; default = name; }; })); default = { }; };
  };
  imports = [ { e.b = mkOptionDefault { o = "too"; }; e.c = mkOptionDefault [ "too" ]; } { e.a = mkDefault { }; e.d = mkIf false { n = "x"; }; } { e.f = lib.mkMerge [ (mkIf false { a = { }; }) (mkDefault { b = { }; }) ]; } { e.f.c.n = mkIf false "m"; } ];
  config.containers.t = { config = { }; extraFlags = [ (builtins.toJSON config.e) ]; };
}
