# A flake module of one's own, with options; `moduleWithSystem`, `importApply`, conditions and priorities among flake modules.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.flake-parts.url = "github:hercules-ci/flake-parts";
  outputs =
    inputs@{ self, ... }:
    inputs.flake-parts.lib.mkFlake { inherit inputs self; } {
      imports = [
        ./modules/features
        ./modules/hosts
      ];
      systems = [ "x86_64-linux" ];
      hosts.one.containers = [
        "x"
        "y"
      ];
      hosts.one.tun = true;
    };
}
