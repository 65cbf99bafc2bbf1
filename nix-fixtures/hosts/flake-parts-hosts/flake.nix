# flake-parts without its sources, and a module of a flake that is not here either.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.flake-parts.url = "github:hercules-ci/flake-parts";
  inputs.treefmt-nix.url = "github:numtide/treefmt-nix";
  outputs =
    inputs:
    inputs.flake-parts.lib.mkFlake { inherit inputs; } {
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      imports = [
        inputs.treefmt-nix.flakeModule
        ./hosts.nix
      ];
      perSystem =
        { pkgs, ... }:
        {
          treefmt.programs.nixfmt.enable = true;
          devShells.default = pkgs.hello;
        };
    };
}
