# All modules of a tree by `listFilesRecursive` and a filter; names of files with `_` in front are left out.
{ lib, ... }:
let
  files = lib.filesystem.listFilesRecursive ./modules;
  wanted = builtins.filter (f: lib.hasSuffix ".nix" (toString f) && !lib.hasPrefix "_" (baseNameOf f)) files;
in
{
  imports = wanted;
  networking.hostName = "tree";
  site.list = [ (toString (builtins.length wanted)) ];
}
