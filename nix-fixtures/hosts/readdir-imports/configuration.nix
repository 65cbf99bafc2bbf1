# `imports` computed from `readDir`, with `default.nix` of folders, and files that start with an underscore left out.
{ lib, ... }:
let
  entries = builtins.readDir ./parts;
  wanted = lib.filterAttrs (
    name: kind: !(lib.hasPrefix "_" name) && (kind == "directory" || (kind == "regular" && lib.hasSuffix ".nix" name))
  ) entries;
in
{
  imports = map (name: ./parts + "/${name}") (builtins.attrNames wanted);
  networking.hostName = "parts";
  system.stateVersion = "25.05";
}
