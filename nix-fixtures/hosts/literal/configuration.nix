# One container written out, with nothing computed: what is left unset has NixOS's defaults.
{ config, pkgs, ... }:

{
  imports = [ ];

  boot.loader.systemd-boot.enable = true;
  boot.loader.efi.canTouchEfiVariables = true;

  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };

  networking.hostName = "attic";
  time.timeZone = "Europe/Vienna";

  users.users.anna = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    packages = with pkgs; [ htop tree ];
  };

  networking.nat = {
    enable = true;
    internalInterfaces = [ "ve-+" ];
    externalInterface = "enp2s0";
  };

  containers.notes = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "192.168.100.10";
    localAddress = "192.168.100.11";
    bindMounts."/var/lib/notes" = {
      hostPath = "/srv/notes";
      isReadOnly = false;
    };
    config = { config, pkgs, ... }: {
      services.nginx.enable = true;
      networking.firewall.allowedTCPPorts = [ 80 ];
      system.stateVersion = "24.05";
    };
  };

  system.stateVersion = "24.05";
}
