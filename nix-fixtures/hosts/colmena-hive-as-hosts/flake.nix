# A hive whose nodes are `nixosConfigurations` too, with arguments of one node that name its container.
{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.colmena.url = "github:zhaofengli/colmena";
  outputs =
    { self, nixpkgs, colmena, ... }:
    {
      colmenaHive = colmena.lib.makeHive {
        meta = {
          nixpkgs = nixpkgs.legacyPackages.x86_64-linux;
          specialArgs = { inherit self; };
          nodeSpecialArgs.a.role = "r";
        };
        defaults = {
          networking.nat = { enable = true; externalInterface = "eth0"; };
          deployment.buildOnTarget = true;
        };
        a = { role, ... }: { containers.${role}.config = { }; };
      };
      nixosConfigurations = self.colmenaHive.nodes;
    };
}
