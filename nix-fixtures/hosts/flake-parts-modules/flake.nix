# Each file adds to modules of the flake, which hosts are made of (`flakeModules.modules`).
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.flake-parts.url = "https://flakehub.com/f/hercules-ci/flake-parts/0.1.*.tar.gz";
  outputs =
    inputs:
    inputs.flake-parts.lib.mkFlake { inherit inputs; } (
      { lib, ... }:
      {
        systems = lib.systems.flakeExposed;
        imports = [
          inputs.flake-parts.flakeModules.modules
          ./web.nix
          ./db.nix
          ./hosts.nix
        ];
      }
    );
}
