# Whose definitions come first in lists of submodules: in plain ones, below `either`, `coercedTo`, `nullOr`, in lists, in free forms.
{ lib, config, ... }:
let
  inherit (lib) mkOption types;
  part = types.submodule ({ ... }: { options.flags = mkOption { type = types.listOf types.str; }; config.flags = [ "own" ]; });
  nested = types.submodule { imports = [ { options.flags = mkOption { type = types.listOf types.str; }; } { flags = [ "imported" ]; } ]; flags = [ "declared" ]; };
in
{
  options.o = {
    plain = mkOption { type = part; };
    named = mkOption { type = types.attrsOf part; };
    listed = mkOption { type = types.listOf part; };
    either = mkOption { type = types.either types.str part; };
    coerced = mkOption { type = types.coercedTo types.str (s: { flags = [ s ]; }) part; };
    nullable = mkOption { type = types.nullOr part; };
    nested = mkOption { type = nested; };
    free = mkOption { type = types.submodule { freeformType = types.attrsOf part; }; };
    unique = mkOption { type = types.unique { message = "one"; } part; };
  };
  imports = [ ./more.nix ];
  config.o = {
    plain.flags = [ "user" ];
    named.n.flags = [ "user" ];
    listed = [ { flags = [ "user" ]; } ];
    either.flags = [ "user" ];
    coerced.flags = [ "user" ];
    nullable.flags = [ "user" ];
    nested.flags = [ "user" ];
    free.f.flags = [ "user" ];
    unique.flags = [ "user" ];
  };
  config.containers = lib.mapAttrs (_: flags: { extraFlags = flags; config = { }; }) {
    plain = config.o.plain.flags;
    named = config.o.named.n.flags;
    listed = (lib.head config.o.listed).flags;
    either = config.o.either.flags;
    coerced = config.o.coerced.flags;
    nullable = config.o.nullable.flags;
    nested = config.o.nested.flags;
    free = config.o.free.f.flags;
    unique = config.o.unique.flags;
  };
  config.networking.hostName = "unions";
  config.system.stateVersion = "25.05";
}
