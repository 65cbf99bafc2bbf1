# `lib = nixpkgs.lib.extend …` with a library of one's own, passed as `specialArgs.lib`; hosts by `genAttrs`.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs =
    { self, nixpkgs, ... }@inputs:
    let
      lib = nixpkgs.lib.extend (final: prev: { own = import ./lib { lib = final; }; recursiveMerge = builtins.foldl' prev.recursiveUpdate { }; });
    in
    {
      inherit lib;
      nixosConfigurations = lib.genAttrs [ "north" "south" ] (
        host:
        lib.nixosSystem {
          system = "x86_64-linux";
          specialArgs = { inherit inputs lib self; };
          modules = [ ./hosts/${host}.nix ./base.nix { networking.hostName = host; } ];
        }
      );
    };
}
