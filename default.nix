# The package, the overlay and the NixOS module, for those who use no flakes.
{
  pkgs ? import <nixpkgs> { },
}:
{
  package = pkgs.callPackage ./nix/package.nix { };
  overlay = import ./nix/overlay.nix;
  # A path, so that a module that several files import is one.
  module = ./nix/module.nix;
  checks = import ./nix/tests { inherit pkgs; };
}
