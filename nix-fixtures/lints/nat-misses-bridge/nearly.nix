# The bridge is named beside the links; the router of the network is somebody else; the address needs no translation.
{
  networking.interfaces.br0.ipv4.addresses = [ { address = "10.9.0.1"; prefixLength = 24; } ];
  networking.interfaces.br1.ipv4.addresses = [ { address = "10.8.0.9"; prefixLength = 24; } ];
  networking.interfaces.br2.ipv6.addresses = [ { address = "2001:db8::1"; prefixLength = 64; } ];
  networking.nat = { enable = true; internalInterfaces = [ "ve-*" "br0" ]; externalInterface = "eth0"; };
  containers.named = {
    privateNetwork = true;
    hostBridge = "br0";
    hostAddress = "10.9.0.1";
    localAddress = "10.9.0.2/24";
    config = { };
  };
  containers.elsewhere = {
    privateNetwork = true;
    hostBridge = "br1";
    hostAddress = "10.8.0.254";
    localAddress = "10.8.0.2/24";
    config = { };
  };
  containers.public = {
    privateNetwork = true;
    hostBridge = "br2";
    hostAddress6 = "2001:db8::1";
    localAddress6 = "2001:db8::2/64";
    config = { };
  };
}
