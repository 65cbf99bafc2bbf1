{ lib, ... }: {
  imports = [ { networking.nat.enableIPv6 = lib.mkDefault true; } ];
  networking.nat = { enable = true; externalInterface = "eth0"; internalInterfaces = [ "ve-web" "vb-+" ]; };
  containers.web = { privateNetwork = true; hostAddress6 = "fc00::1"; localAddress6 = "fc00::2"; config = { }; };
}
