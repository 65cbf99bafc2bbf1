# A lone module of a flake: `inputs`, `outputs`, `self` and `system` come from its absent `flake.nix`.
{ inputs, outputs, self, config, pkgs, lib, system, ... }:
{
  imports = [
    inputs.impermanence.nixosModules.impermanence
    inputs.home-manager.nixosModules.home-manager
    outputs.nixosModules.common
    "${self}/profiles/server.nix"
  ];
  environment.persistence."/persist".directories = [ "/var/lib/nixos-containers" ];
  nixpkgs.overlays = builtins.attrValues outputs.overlays;
  containers.minecraft = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.41.0.1";
    localAddress = "10.41.0.2";
    nixpkgs = inputs.nixpkgs;
    specialArgs = { inherit inputs; };
    bindMounts."/srv/minecraft" = { hostPath = "/persist/minecraft"; isReadOnly = false; };
    bindMounts."/etc/rev".hostPath = "/etc/${self.rev or "dirty"}";
    extraFlags = [ "--bind-ro=${inputs.nix-minecraft.packages.${system}.default}:/opt" ];
    forwardPorts = [ { hostPort = 25565; } ];
    config = { imports = [ inputs.nix-minecraft.nixosModules.minecraft-servers ]; };
  };
  networking.firewall.allowedTCPPorts = [ 25565 ];
  networking.hostName = "mc";
}
