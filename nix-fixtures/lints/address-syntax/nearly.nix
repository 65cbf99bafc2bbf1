# Lengths on a bridge.
{
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
  containers.b = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.0.1.2/24";
    localAddress6 = "fd00::2/64";
    config = { };
  };
}
