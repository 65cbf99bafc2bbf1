{ lib, ... }:
{
  networking.firewall.allowedTCPPorts = lib.mkDefault [ 22 ];
  networking.nftables.enable = true;
  system.stateVersion = "25.05";
}
