# Only IPv6, and NAT for IPv4 alone.
{
  networking.nat = { enable = true; internalInterfaces = [ "ve-*" ]; externalInterface = "eth0"; };
  containers.torrents = {
    privateNetwork = true;
    hostAddress6 = "fd00::1";
    localAddress6 = "fd00::2";
    config.services.transmission.enable = true;
  };
}
