{
  networking.nat = { enable = true; internalInterfaces = [ "vb-+" ]; externalInterface = "eth0"; };
  networking.interfaces.lan.ipv4.addresses = [ { address = "10.9.0.1"; prefixLength = 24; } ];
  networking.bridges.lan.interfaces = [ ];
  containers.a = { privateNetwork = true; hostBridge = "lan"; hostAddress = "10.9.0.1"; localAddress = "10.9.0.2/24"; config = { }; };
  containers.b = { privateNetwork = true; hostBridge = "lan"; hostAddress = "10.9.1.1"; localAddress = "10.9.1.2/24"; config = { }; };
}
