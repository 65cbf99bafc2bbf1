# Two nixpkgs, a package set of the second one in `specialArgs`, an overlay from the flake itself, `forAllSystems`, `self.nixosModules`.
{
  description = "two";
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
    nixpkgs-unstable.url = "github:NixOS/nixpkgs/nixos-unstable";
    agenix = { url = "github:ryantm/agenix"; inputs.nixpkgs.follows = "nixpkgs"; };
  };
  outputs =
    { self, nixpkgs, nixpkgs-unstable, agenix, ... }@inputs:
    let
      inherit (self) outputs;
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forAllSystems = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      mkHost = name: { system ? "x86_64-linux", extra ? [ ], ... }@opts: nixpkgs.lib.nixosSystem {
        inherit system;
        specialArgs = {
          inherit inputs outputs;
          unstable = nixpkgs-unstable.legacyPackages.${system};
          hostOpts = builtins.removeAttrs opts [ "extra" ];
        };
        modules = [ ./hosts/${name} agenix.nixosModules.default { nixpkgs.overlays = [ self.overlays.default ]; networking.hostName = nixpkgs.lib.mkDefault name; } ] ++ extra ++ builtins.attrValues self.nixosModules;
      };
    in
    {
      packages = forAllSystems (pkgs: { default = pkgs.hello; });
      devShells = forAllSystems (pkgs: { default = pkgs.mkShell { }; });
      overlays.default = final: prev: { own = prev.hello; };
      nixosModules = { cage = import ./modules/cage.nix; net = ./modules/net.nix; };
      nixosConfigurations = builtins.mapAttrs mkHost { oak = { containers = [ "ci" "docs" ]; extra = [ { cage.size = 2; } ]; }; elm = { system = "aarch64-linux"; containers = [ ]; }; };
    };
}
