{ lib, ... }:
{
  containers.web = { autoStart = true; privateNetwork = true; hostBridge = "br0"; localAddress = "10.50.0.2/24"; config = { }; };
  networking.firewall.allowedTCPPorts = [ 80 443 ];
  networking.nat.internalInterfaces = [ "br0" ];
}
