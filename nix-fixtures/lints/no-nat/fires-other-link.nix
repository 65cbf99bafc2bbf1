# There is NAT, but for another link.
{
  networking.nat = { enable = true; internalInterfaces = [ "ve-web" ]; externalInterface = "eth0"; };
  containers.torrents = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    config.services.transmission.enable = true;
  };
}
