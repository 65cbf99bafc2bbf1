# A flake with one host; `specialArgs` hand the inputs to the modules.
{
  description = "My server";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
    agenix = {
      url = "github:ryantm/agenix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs =
    { self, nixpkgs, ... }@inputs:
    let
      system = "x86_64-linux";
    in
    {
      nixosConfigurations.server = nixpkgs.lib.nixosSystem {
        inherit system;
        specialArgs = { inherit inputs; hostRole = "server"; };
        modules = [
          ./hosts/server.nix
          inputs.agenix.nixosModules.default
          { networking.hostName = "server"; }
        ];
      };
    };
}
