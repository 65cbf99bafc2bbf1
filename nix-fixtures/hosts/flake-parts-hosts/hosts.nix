{ inputs, self, lib, ... }:
{
  flake = {
    nixosModules.web =
      { config, ... }:
      {
        containers.web = {
          autoStart = true;
          privateNetwork = true;
          hostAddress = "10.7.0.1";
          localAddress = "10.7.0.2";
          extraFlags = [ "--link-journal=${config.networking.hostName}" ];
          config = { };
        };
      };
    nixosConfigurations = lib.genAttrs [ "edge" ] (
      name:
      inputs.nixpkgs.lib.nixosSystem {
        specialArgs = { inherit inputs; };
        modules = [
          self.nixosModules.web
          {
            networking.hostName = name;
            containers.web.extraFlags = [ "--host=${name}" ];
          }
        ];
      }
    );
  };
}
