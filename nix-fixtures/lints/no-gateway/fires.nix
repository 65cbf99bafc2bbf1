# An address on a bridge, a need of the outside, and no way to it; beside it NAT that it could use, and IPv6 alone.
{
  networking.bridges.br0.interfaces = [ ];
  networking.interfaces.br0.ipv4.addresses = [ { address = "10.9.0.1"; prefixLength = 24; } ];
  networking.nat = { enable = true; internalInterfaces = [ "br0" ]; externalInterface = "eth0"; };
  containers.torrents = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.9.0.3/24";
    config.services.transmission.enable = true;
  };
  containers.web = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.9.0.4/24";
    config.services.nginx.enable = true;
  };
  containers.six = {
    privateNetwork = true;
    hostBridge = "br1";
    localAddress6 = "fd00:9::5/64";
    config.system.autoUpgrade.enable = true;
  };
}
