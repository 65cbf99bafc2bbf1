# `extraArgs` with the flake's inputs, beside `specialArgs`.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { self, nixpkgs }@inputs:
    {
      nixosConfigurations.w = nixpkgs.lib.nixosSystem {
        extraArgs = { inherit inputs; site = "a"; };
        specialArgs.other = "s";
        modules = [
          ({ inputs, site, other, ... }: { containers.c = { config = { }; extraFlags = [ site other ] ++ builtins.attrNames inputs; }; })
        ];
      };
    };
}
