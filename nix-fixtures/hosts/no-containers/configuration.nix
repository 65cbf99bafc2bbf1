# A host without containers: `boot.enableContainers` is false by default, and rules are still rules.
{ lib, ... }:
{
  networking.hostName = "empty";
  containers = lib.mkIf false { a.config = { }; };
  networking.nat.enable = true;
  networking.nat.externalInterface = "eth0";
  networking.firewall.enable = false;
  networking.firewall.trustedInterfaces = [ "br0" ];
  system.stateVersion = "25.05";
}
