# Modules for flake-parts of three flakes that are not here, one of them with settings of its own beside the hosts.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.flake-parts.url = "github:hercules-ci/flake-parts";
  inputs.devshell.url = "github:numtide/devshell";
  inputs.hooks.url = "github:cachix/git-hooks.nix";
  outputs =
    inputs@{ self, flake-parts, ... }:
    flake-parts.lib.mkFlake { inherit inputs; } (
      { inputs, ... }:
      {
        systems = [ "x86_64-linux" ];
        imports = [
          inputs.devshell.flakeModules.default
          inputs.hooks.flakeModule
          ./hosts.nix
        ];
        perSystem =
          { config, pkgs, ... }:
          {
            devshells.default.packages = [ pkgs.hello ];
            pre-commit.settings.hooks.nixfmt.enable = true;
          };
        flake.nixosModules.named = { networking.hostName = "parts"; };
      }
    );
}
