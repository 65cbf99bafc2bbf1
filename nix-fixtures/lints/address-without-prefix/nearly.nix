# Lengths where there are bridges, and none where there are not; an address that says that it stands alone.
{
  containers.web = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.9.0.2/24";
    localAddress6 = "fd00:9::2/128";
    extraVeths.back = { hostAddress = "10.8.0.1"; localAddress = "10.8.0.2"; };
    config = { };
  };
  containers.pair = { privateNetwork = true; hostAddress = "10.7.0.1"; localAddress = "10.7.0.2"; config = { }; };
}
