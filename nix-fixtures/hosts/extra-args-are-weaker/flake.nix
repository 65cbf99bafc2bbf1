# `extraArgs` are `_module.args`: a module may set others beside them, and take one by force.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { self, nixpkgs }:
    {
      nixosConfigurations.w = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        extraArgs = { site = "a"; zone = "z"; };
        modules = [
          ({ lib, ... }: { _module.args = { site = lib.mkForce "b"; late = "l"; }; })
          ({ site, zone, late, ... }: { networking.hostName = late; containers.c = { config = { }; extraFlags = [ site zone ]; }; })
        ];
      };
    };
}
