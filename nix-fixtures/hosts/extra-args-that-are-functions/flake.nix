# `extraArgs` that are functions, which make the containers.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { self, nixpkgs }:
    {
      nixosConfigurations.w = nixpkgs.lib.nixosSystem {
        extraArgs.mk = name: address: { privateNetwork = true; hostAddress = "10.8.0.1"; localAddress = address; extraFlags = [ "--of=${name}" ]; config = { }; };
        modules = [ ({ mk, lib, ... }: { containers = lib.mapAttrs mk { a = "10.8.0.2"; b = "10.8.0.3"; }; }) ];
      };
    };
}
