# IPv6 with NAT for it, IPv6 beside IPv4, and IPv6 that needs no NAT.
{
  networking.nat = { enable = true; enableIPv6 = true; internalInterfaces = [ "ve-*" ]; externalInterface = "eth0"; };
  containers.six = {
    privateNetwork = true;
    hostAddress6 = "fd00::1";
    localAddress6 = "fd00::2";
    config.services.transmission.enable = true;
  };
  containers.public = {
    privateNetwork = true;
    hostAddress6 = "2001:db8::1";
    localAddress6 = "2001:db8::2";
    config.services.transmission.enable = true;
  };
}
