# Options with neither a default nor a definition: types that have an empty value give it, before `apply`.
{ config, lib, ... }:
let
  inherit (lib) mkIf mkOption types;
  of = type: mkOption { inherit type; };
in
{
  options.own = {
    strings = of (types.attrsOf types.str);
    lazy = of (types.lazyAttrsOf types.str);
    any = of types.attrs;
    list = of (types.listOf types.str);
    nullable = of (types.nullOr types.str);
    uniq = of (types.uniq (types.listOf types.str));
    unique = of (types.unique { message = "one"; } (types.attrsOf types.str));
    coerced = of (types.coercedTo types.str lib.singleton (types.listOf types.str));
    checked = of (types.addCheck (types.listOf types.int) (xs: true));
    sub = of (types.submodule ({ name, ... }: { options.x = mkOption { type = types.str; default = name; }; options.y = of (types.listOf types.int); }));
    discarded = of (types.attrsOf types.str);
    applied = mkOption { type = types.listOf types.int; apply = xs: { length = builtins.length xs; }; };
    inside = of (types.lazyAttrsOf (types.submodule { options.z = of (types.attrsOf types.int); }));
  };
  config = {
    own.discarded = mkIf false { a = "x"; };
    own.inside.one = { };
    own.inside.two = mkIf false { z.q = 1; };
    containers.t = {
      extraFlags = map builtins.toJSON (builtins.attrValues config.own);
      config = { };
    };
    system.stateVersion = "25.11";
  };
}
