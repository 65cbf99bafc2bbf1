# Overlays, `legacyPackages`, a `lib` with own functions in `specialArgs`, `nixpkgs.pkgs`, several systems.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
    sops-nix.url = "github:Mic92/sops-nix";
    sops-nix.inputs.nixpkgs.follows = "nixpkgs";
    nixos-hardware.url = "github:NixOS/nixos-hardware";
  };
  outputs =
    { self, nixpkgs, sops-nix, nixos-hardware }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forAll = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
      my = import ./lib { inherit (nixpkgs) lib; };
    in
    {
      packages = forAll (pkgs: { default = pkgs.hello; });
      overlays.default = final: prev: { mine = prev.hello; };
      nixosConfigurations.box = nixpkgs.lib.nixosSystem {
        system = "aarch64-linux";
        specialArgs = { inherit my; flakeSelf = self; };
        modules = [
          nixos-hardware.nixosModules.common-pc-ssd
          sops-nix.nixosModules.sops
          ./box
          (
            { pkgs, ... }:
            {
              nixpkgs.overlays = [ self.overlays.default ];
              environment.systemPackages = [ self.packages.${pkgs.stdenv.hostPlatform.system}.default ];
            }
          )
        ];
      };
    };
}
