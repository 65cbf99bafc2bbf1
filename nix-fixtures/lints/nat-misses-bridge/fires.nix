# NAT for links without a bridge, and guests that go out by the host on one: by `hostAddress`, and by a gateway of their own.
{
  networking.bridges.br0.interfaces = [ ];
  networking.interfaces.br0.ipv4.addresses = [ { address = "10.9.0.1"; prefixLength = 24; } ];
  networking.nat = { enable = true; internalInterfaces = [ "ve-+" ]; externalInterface = "eth0"; };
  containers.a = {
    privateNetwork = true;
    hostBridge = "br0";
    hostAddress = "10.9.0.1";
    localAddress = "10.9.0.2/24";
    config.services.transmission.enable = true;
  };
  containers.c = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.9.0.4/24";
    config = { networking.defaultGateway.address = "10.9.0.1"; services.transmission.enable = true; };
  };
}
