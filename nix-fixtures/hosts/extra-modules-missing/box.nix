{ config, inputs, lib, pkgs, self, ... }:
{
  imports = [ inputs.sops-nix.nixosModules.sops ] ++ lib.optional (inputs ? disko) ./with-disko.nix;
  sops.secrets."box/key".owner = "root";
  containers.box = {
    autoStart = true;
    bindMounts = { "/key".hostPath = config.sops.secrets."box/key".path; "/flake" = { hostPath = "/etc/nixos"; }; };
    specialArgs = { inherit inputs; };
    config = { imports = [ inputs.home-manager.nixosModules.home-manager ]; };
    extraFlags = [ "--setenv=INPUTS=${toString (lib.length (lib.attrNames inputs))}" ];
  };
  networking.firewall.allowedTCPPorts = [ 22 80 ];
  networking.hostName = "box";
  system.stateVersion = "25.05";
}
