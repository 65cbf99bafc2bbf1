# Outside of the bridge's subnet; and with a gateway outside of its own.
{
  networking.bridges.br0.interfaces = [ ];
  networking.interfaces.br0.ipv4.addresses = [ { address = "192.168.10.1"; prefixLength = 24; } ];
  containers.web = { privateNetwork = true; hostBridge = "br0"; localAddress = "192.168.11.5/24"; config = { }; };
  containers.mail = {
    privateNetwork = true;
    hostBridge = "br9";
    hostAddress = "172.16.0.1";
    localAddress = "172.16.1.5/24";
    config = { };
  };
}
