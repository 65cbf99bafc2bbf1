{
  networking.nat = { enable = true; internalInterfaces = [ "ve-+" "br0" ]; externalInterface = "eth0"; };
  networking.interfaces.br0.ipv4.addresses = [ { address = "10.9.0.1"; prefixLength = 24; } ];
  networking.bridges.br0.interfaces = [ ];
  containers.a = { privateNetwork = true; hostBridge = "br0"; localAddress = "10.9.0.2"; hostAddress = "10.9.0.1"; config = { }; };
  containers.b = { privateNetwork = true; hostBridge = "br0"; localAddress = "10.9.0.3/24"; config = { }; };
  containers.c = { privateNetwork = true; hostBridge = "br0"; config.networking.useDHCP = true; };
}
