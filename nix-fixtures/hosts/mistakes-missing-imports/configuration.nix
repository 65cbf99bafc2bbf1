# Imports of files that are not there: by a literal, by a computed path, by a directory without default.nix, in a module that
# is there, in a guest. Those that are asked about first, or lie outside, are none.
{ lib, ... }:
let
  optional = file: lib.optional (builtins.pathExists file) file;
in
{
  imports = [
    ./web.nix
    ./hardware.nix
  ] ++ optional ./private.nix;
  networking.hostName = "missing";
  system.stateVersion = "25.05";
}
