# Defaults that are empty count as any other default does: where all definitions are discarded, and where none has a better priority.
{ config, lib, ... }:
let
  inherit (lib) mkIf mkOption mkOptionDefault mkOverride types;
  empty = type: mkOption { inherit type; default = { }; };
  nothing = type: mkOption { inherit type; default = null; };
in
{
  options.own = {
    strings = empty (types.attrsOf types.str);
    lazy = empty (types.lazyAttrsOf types.str);
    any = empty types.attrs;
    raw = empty types.raw;
    anything = empty types.anything;
    sub = empty (types.submodule { options.x = mkOption { type = types.int; default = 7; }; });
    subs = empty (types.attrsOf (types.submodule { options.x = mkOption { type = types.int; default = 7; }; }));
    outranked = empty (types.attrsOf types.str);
    joined = empty (types.attrsOf types.str);
    null = nothing (types.nullOr (types.attrsOf types.str));
    list = mkOption { type = types.listOf types.str; default = [ ]; };
  };
  config = lib.mkMerge [
    (mkIf false {
      own = { strings.a = "x"; lazy.a = "x"; any.a = "x"; raw.a = "x"; anything.a = "x"; sub.x = 1; subs.a.x = 1; null.a = "x"; list = [ "x" ]; };
    })
    { own.outranked = mkOverride 2000 { a = "1"; }; own.joined = mkOptionDefault { b = "2"; }; }
    {
      containers.t = {
        extraFlags = map builtins.toJSON (builtins.attrValues config.own);
        config = { };
      };
      system.stateVersion = "25.11";
    }
    { containers = lib.genAttrs (builtins.attrNames (config.own.strings // config.own.joined)) (_: { config = { }; }); }
  ];
}
