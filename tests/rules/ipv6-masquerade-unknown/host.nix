{ pkgs, ... }: {
  networking.nat = { enable = true; enableIPv6 = pkgs.foo.six; externalInterface = "eth0"; internalInterfaces = [ "ve-+" ]; };
  containers.web = { privateNetwork = true; hostAddress6 = "fc00::1"; localAddress6 = "fc00::2"; config = { }; };
}
