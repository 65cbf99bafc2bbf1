# Hosts described as data in an attribute set; `lib/mk-hosts.nix` folds them with `recursiveUpdate` into the outputs.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs =
    { nixpkgs, ... }@inputs:
    let
      mkHosts = import ./lib/mk-hosts.nix inputs;
    in
    builtins.foldl' nixpkgs.lib.recursiveUpdate { } (
      map mkHosts [
        { name = "one"; role = "worker"; }
        { name = "two"; role = "master"; containers = [ "etcd" "api" ]; }
        { name = "three"; role = "worker"; containers = [ "runner" ]; }
      ]
    );
}
