{ lib, ... }:
{
  networking.firewall.interfaces.wg0.allowedTCPPorts = [ 9090 9100 ];
  networking.firewall.interfaces."ve-a".allowedTCPPorts = lib.mkAfter [ 9100 ];
  networking.firewall.allowedTCPPorts = lib.mkIf false [ 9090 ];
}
