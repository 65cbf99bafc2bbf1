# The package set: `import <nixpkgs> { }`.
#
# Packages are few. Programs come from the Debian tree that guests run on; what is built is built by a static busybox.
{
  system ? builtins.currentSystem,
  localSystem ? system,
  crossSystem ? null,
  config ? { },
  overlays ? [ ],
  lib ? import ./lib,
}:
let
  platform = lib.systems.elaborate localSystem;
  base = import ./pkgs {
    inherit lib config;
    inherit (platform) system;
    path = ./.;
  };
  packages = lib.foldl' (f: overlay: lib.extends overlay f) base overlays;
in
lib.fix packages
