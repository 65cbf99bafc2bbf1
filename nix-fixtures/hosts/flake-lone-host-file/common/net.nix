{ hostname, lib, ... }:
{
  networking.nat.enable = true;
  networking.nat.internalInterfaces = [ "ve-agent" "wg-${hostname}" ];
  networking.firewall.interfaces.ve-agent.allowedTCPPorts = [ 9100 ];
}
