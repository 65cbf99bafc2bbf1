{
  networking.nftables.enable = true;
  networking.nat = { enable = true; externalInterface = "eth0"; internalInterfaces = [ "ve-*" ]; internalIPv6s = [ "fc00::/64" ]; };
  containers.web = { privateNetwork = true; hostAddress6 = "fc00::1"; localAddress6 = "fc00::2"; config = { }; };
}
