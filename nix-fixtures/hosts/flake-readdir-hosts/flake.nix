# Hosts are the folders of `hosts/`; every file of `modules/` is imported; `config` of one host reads another's.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs";
  outputs =
    inputs@{ self, nixpkgs, ... }:
    let
      inherit (nixpkgs.lib) genAttrs attrNames filterAttrs hasSuffix mapAttrsToList nixosSystem;
      folders = attrNames (filterAttrs (_: kind: kind == "directory") (builtins.readDir ./hosts));
      modules = mapAttrsToList (name: _: ./modules + "/${name}") (filterAttrs (name: _: hasSuffix ".nix" name) (builtins.readDir ./modules));
    in
    {
      nixosConfigurations = genAttrs folders (
        name:
        nixosSystem {
          specialArgs = { inherit inputs self; };
          modules = modules ++ [
            ./hosts/${name}
            { networking.hostName = name; }
          ];
        }
      );
    };
}
