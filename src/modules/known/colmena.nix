# A colmena hive: its nodes are hosts.
#
# Written after colmena's manual. `nixosSystem` makes a host of modules.
{ lib, nixosSystem }:
given:
let
  hive = if lib.isFunction given then given { } else given;
  meta = hive.meta or hive.network or { };
  own = [
    "__schema"
    "defaults"
    "meta"
    "network"
  ];
  packages =
    name:
    let
      nixpkgs = meta.nodeNixpkgs.${name} or meta.nixpkgs or { };
    in
    if nixpkgs._type or null == "pkgs" then
      nixpkgs
    else if lib.isFunction nixpkgs then
      nixpkgs { }
    else if lib.isAttrs nixpkgs && !(nixpkgs ? outPath) then
      nixpkgs
    else
      import nixpkgs { };
  nodes = lib.mapAttrs (
    name: module:
    nixosSystem {
      system = (packages name).system or null;
      specialArgs = {
        inherit name nodes;
      }
      // meta.specialArgs or { }
      // meta.nodeSpecialArgs.${name} or { };
      modules = [
        (hive.defaults or { })
        module
      ];
    }
  ) (removeAttrs hive own);
in
nodes
