# Flakes in folders of this one as inputs: a library of functions, a module, and a plain folder of data.
{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs";
    helpers.url = "path:./helpers";
    data = {
      url = "path:./data";
      flake = false;
    };
  };
  outputs = { nixpkgs, helpers, data, ... }: {
    nixosConfigurations.local = nixpkgs.lib.nixosSystem {
      modules = [
        helpers.nixosModules.default
        (
          { config, ... }:
          {
            networking.hostName = "local";
            helpers.site = "vienna";
            containers = helpers.lib.fromTable (builtins.fromJSON (builtins.readFile "${data}/table.json"));
            networking.firewall.allowedUDPPorts = [ config.helpers.port ];
            system.stateVersion = "25.05";
          }
        )
      ];
    };
  };
}
