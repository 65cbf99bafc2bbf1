# Ports per interface, merged from several modules; sorted, without repeats; nftables with and without flushing.
{ lib, config, ... }:
let
  guests = [ "ve-a" "ve-b" ];
in
{
  imports = [ ./monitoring.nix ./dns.nix ];
  networking.hostName = "ports";
  networking.nftables = {
    enable = true;
    ruleset = ''
      table inet custom {
        chain forward { type filter hook forward priority 0; }
      }
    '';
  };
  networking.firewall = {
    enable = true;
    allowedTCPPorts = [ 443 22 80 22 ];
    allowedTCPPortRanges = [ { from = 5000; to = 5010; } ];
    interfaces = lib.mkMerge [
      (lib.genAttrs guests (_: { allowedTCPPorts = [ 5432 3306 ]; }))
      { wg0 = { allowedTCPPorts = [ 9100 ]; allowedUDPPorts = [ 161 ]; }; }
    ];
    trustedInterfaces = [ "tailscale0" ];
    checkReversePath = false;
  };
  containers.a = { privateNetwork = true; config = { }; };
  containers.b = { privateNetwork = true; config = { }; };
  system.stateVersion = "22.11";
}
