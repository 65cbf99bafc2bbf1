{
  description = "nixos-rebuild for NixOS containers, without rebuilding the host";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      eachSystem =
        f:
        nixpkgs.lib.genAttrs [
          "x86_64-linux"
          "aarch64-linux"
        ] (system: f (import ./default.nix { pkgs = nixpkgs.legacyPackages.${system}; }) nixpkgs.legacyPackages.${system});
    in
    {
      packages = eachSystem (ours: _pkgs: { default = ours.package; });
      checks = eachSystem (ours: _pkgs: ours.checks // { inherit (ours) package; });
      overlays.default = import ./nix/overlay.nix;
      nixosModules.default = ./nix/module.nix;

      devShells = eachSystem (
        _ours: pkgs: {
          default = pkgs.mkShell {
            packages = [
              pkgs.cargo
              pkgs.rustc
              pkgs.clippy
              pkgs.rustfmt
              pkgs.cargo-nextest
              pkgs.cargo-insta
              pkgs.nftables
            ];
          };
        }
      );
    };
}
