{ lib, names, ... }:
{
  networking.nat.enable = true;
  networking.nat.internalInterfaces = map (n: "ve-${n}") names;
  networking.firewall.allowedTCPPorts = [ 6443 2379 2380 ];
}
