{ lib, ... }:
{
  mkOpt = type: default: description: lib.mkOption { inherit type default description; };
  mkBoolOpt = default: lib.mkOption { type = lib.types.bool; inherit default; };
  enabled.enable = true;
}
