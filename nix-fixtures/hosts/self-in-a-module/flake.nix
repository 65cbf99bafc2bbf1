# The case itself: `submodules`, a module of the flake's own, and a file by `"${self}/n.nix"`.
{
  inputs.self.submodules = true;
  inputs.nixpkgs.url = "nixpkgs/nixos-25.05";
  outputs =
    { self, nixpkgs, ... }:
    {
      nixosModules.m.containers.c.config = { };
      nixosConfigurations.w = nixpkgs.lib.nixosSystem { modules = [ self.nixosModules.m "${self}/n.nix" ]; };
    };
}
