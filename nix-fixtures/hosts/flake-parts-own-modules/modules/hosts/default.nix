{
  config,
  inputs,
  lib,
  self,
  ...
}:
{
  flake.nixosConfigurations = lib.mapAttrs (
    name: host:
    inputs.nixpkgs.lib.nixosSystem {
      modules = [
        self.nixosModules.marked
        (
          { config, ... }:
          {
            nixpkgs.hostPlatform = "x86_64-linux";
            networking.hostName = name;
            containers = lib.genAttrs host.containers (container: {
              extraFlags = config.marks ++ [ "--hostname=${container}.${host.domain}" ];
              config = { };
            });
          }
        )
      ]
      ++ lib.optional host.tun self.nixosModules.tun;
    }
  ) config.hosts;
}
