# Each container is a module file of its own, and each adds to the host's NAT and firewall.
{ ... }:
{
  imports = [
    ./hardware.nix
    ./containers
  ];
  networking.hostName = "files";
  networking.nat = {
    enable = true;
    externalInterface = "ens3";
  };
  system.stateVersion = "24.05";
}
