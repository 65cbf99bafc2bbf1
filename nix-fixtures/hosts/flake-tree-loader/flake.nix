# A loader of trees from a local flake turns `src/` into nested attributes; hosts and modules are picked from them.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs";
    loader.url = "path:./loader";
    loader.inputs.nixpkgs.follows = "nixpkgs";
  };
  outputs =
    inputs@{ nixpkgs, loader, ... }:
    let
      tree = loader.lib.load { src = ./src; inputs = { inherit (nixpkgs) lib; inherit inputs; }; };
    in
    {
      nixosModules = tree.modules;
      nixosConfigurations = builtins.mapAttrs (
        name: host: nixpkgs.lib.nixosSystem { modules = [ host { networking.hostName = name; } ] ++ builtins.attrValues tree.modules; specialArgs = { inherit tree; }; }
      ) tree.hosts;
    };
}
