# Addresses that stand alone: on the link of the container, and on an extra one.
{
  containers.web = {
    privateNetwork = true;
    hostBridge = "br0";
    localAddress = "10.9.0.2";
    localAddress6 = "fd00:9::2";
    extraVeths.back = { hostBridge = "br1"; localAddress = "10.8.0.2"; };
    config = { };
  };
}
