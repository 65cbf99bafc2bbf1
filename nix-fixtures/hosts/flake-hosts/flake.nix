# A flake with several hosts from one function over a table; the middle one is evaluated.
{
  inputs.nixpkgs.url = "nixpkgs/nixos-unstable";
  inputs.home-manager.url = "github:nix-community/home-manager";

  outputs =
    {
      self,
      nixpkgs,
      home-manager,
    }:
    let
      inherit (nixpkgs) lib;
      hosts = {
        alpha = { system = "x86_64-linux"; };
        bravo = {
          system = "aarch64-linux";
          modules = [ ./modules/containers.nix { my.count = 2; } ];
        };
        charlie = { system = "x86_64-linux"; modules = [ ./modules/containers.nix ]; };
      };
      mkHost =
        name:
        {
          system,
          modules ? [ ],
        }:
        lib.nixosSystem {
          inherit system;
          specialArgs = { inherit self; hostName = name; all = builtins.attrNames hosts; };
          modules = [
            { networking.hostName = name; nixpkgs.config.allowUnfree = true; }
            ./modules/base.nix
            home-manager.nixosModules.home-manager
          ]
          ++ modules;
        };
    in
    {
      nixosConfigurations = lib.mapAttrs mkHost hosts;
      nixosModules.containers = ./modules/containers.nix;
    };
}
