{ lib, self, ... }:
{
  networking.nat = lib.own.enabled // { externalInterface = "eth0"; internalInterfaces = [ "ve-+" ]; };
  networking.nftables = lib.own.enabled;
  system.stateVersion = "25.05";
  networking.firewall.trustedInterfaces = lib.mkIf (self.lib ? own) [ "tailscale0" ];
}
