{
  networking.bridges.br1.interfaces = [ "eth1" ];
  containers.a = { privateNetwork = true; hostBridge = "br1"; localAddress = "10.9.0.2/24"; config = { services.transmission.enable = true; networking.defaultGateway.address = "10.9.0.254"; }; };
  containers.b = { privateNetwork = true; hostBridge = "br1"; localAddress6 = "fd00::3/64"; config = { services.transmission.enable = true; }; };
  containers.c = { privateNetwork = true; hostAddress = "10.8.0.1"; localAddress = "10.8.0.2"; extraVeths.lan = { hostBridge = "br1"; localAddress = "10.9.0.9"; }; config = { }; };
}
