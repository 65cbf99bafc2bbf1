{ config, inputs, ... }:
{
  flake.nixosConfigurations.all = inputs.nixpkgs.lib.nixosSystem {
    modules = builtins.attrValues config.flake.modules.nixos ++ [ { networking.firewall.trustedInterfaces = [ "last" ]; } ];
  };
}
