# Half of the inputs are not here: their modules, overlays and libraries are used all the same, beside the host's own files.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    home-manager.url = "github:nix-community/home-manager";
    nixos-hardware.url = "github:NixOS/nixos-hardware";
    sops-nix.url = "github:Mic92/sops-nix";
    disko.url = "github:nix-community/disko";
  };
  outputs = { self, nixpkgs, ... }@inputs: {
    nixosConfigurations.box = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      specialArgs = { inherit inputs self; };
      modules = [
        inputs.disko.nixosModules.disko
        inputs.home-manager.nixosModules.home-manager
        inputs.nixos-hardware.nixosModules.common-cpu-amd
        { nixpkgs.overlays = [ inputs.disko.overlays.default (final: prev: { extra = inputs.home-manager.packages.${prev.system}.default; }) ]; }
        { home-manager = { useGlobalPkgs = true; users.me = import ./home.nix; extraSpecialArgs = { inherit inputs; }; }; }
        ./box.nix
      ];
    };
  };
}
