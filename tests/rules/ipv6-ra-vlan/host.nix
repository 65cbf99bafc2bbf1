{
  networking.nat = { enable = true; enableIPv6 = true; internalInterfaces = [ "ve-+" ]; externalInterface = "enp1s0.20"; };
  containers.a = { privateNetwork = true; hostAddress6 = "fc00::1"; localAddress6 = "fc00::2"; config = { }; };
}
