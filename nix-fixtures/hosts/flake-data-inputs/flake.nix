# Inputs that are folders of data and functions, `follows` between them, `inputs.self` paths and `builtins.mapAttrs` over inputs.
{
  inputs = {
    nixpkgs.url = "nixpkgs/nixos-24.11";
    site.url = "path:./site";
    site.flake = false;
    tools = {
      url = "path:./tools";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };
  outputs =
    { self, nixpkgs, site, tools }@inputs:
    let
      inventory = import (site + "/inventory.nix");
      kinds = builtins.mapAttrs (_: input: if input ? lib then "flake" else "data") (removeAttrs inputs [ "self" ]);
    in
    {
      nixosConfigurations = builtins.mapAttrs (
        name: h:
        nixpkgs.lib.nixosSystem {
          specialArgs = { inherit kinds inventory; me = h // { inherit name; }; };
          modules = [ (self + "/host.nix") tools.nixosModules.pod ] ++ (h.modules or [ ]);
        }
      ) inventory.hosts;
    };
}
