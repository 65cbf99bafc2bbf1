{ lib, ... }:
{
  networking.firewall = {
    enable = true;
    allowPing = lib.mkDefault false;
    allowedTCPPorts = [ 22 ];
    logRefusedConnections = false;
    extraInputRules = "ip saddr 10.0.0.0/8 accept";
  };
  networking.nftables.enable = true;
}
