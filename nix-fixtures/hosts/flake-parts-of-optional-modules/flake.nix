# A module for flake-parts that is imported where its input is one, settings of an absent one that read the hosts.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.flake-parts.url = "github:hercules-ci/flake-parts";
  inputs.rekey.url = "github:oddlama/agenix-rekey";
  inputs.unified.url = "github:srid/nixos-unified";
  outputs =
    { self, nixpkgs, flake-parts, rekey, ... }@inputs:
    flake-parts.lib.mkFlake { inherit inputs; } {
      imports = [ rekey.flakeModule ] ++ nixpkgs.lib.optional (inputs ? unified) inputs.unified.flakeModules.default;
      systems = nixpkgs.lib.systems.flakeExposed;
      agenix-rekey.nodes = self.nixosConfigurations;
      flake.nixosConfigurations = nixpkgs.lib.genAttrs [ "m" "n" ] (
        name:
        nixpkgs.lib.nixosSystem {
          modules = [ { networking.hostName = name; containers.${name} = { ephemeral = true; config = { }; }; } ];
        }
      );
    };
}
