# A container on a pair of links has an address of the LAN, which another one's bridge shows to be one.
{
  networking.bridges.br0.interfaces = [ "eno1" ];
  networking.interfaces.br0.useDHCP = true;
  services.nginx.enable = true;
  services.nginx.virtualHosts."nas.lan".locations."/".proxyPass = "http://192.168.1.4:5000";
  containers.bridged = { privateNetwork = true; hostBridge = "br0"; localAddress = "192.168.1.20/24"; config = { }; };
  containers.pair = { privateNetwork = true; hostAddress = "192.168.1.250"; localAddress = "192.168.1.251"; config = { }; };
}
