# No address, one with a length where there is no bridge, one with a length that is none, and one of the other family.
{
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.256"; localAddress = "10.0.0.2"; config = { }; };
  containers.b = { privateNetwork = true; hostAddress = "10.0.1.1"; localAddress = "10.0.1.2/24"; config = { }; };
  containers.c = { privateNetwork = true; hostBridge = "br0"; localAddress = "10.0.2.2/33"; config = { }; };
  containers.d = { privateNetwork = true; hostAddress6 = "10.0.3.1"; localAddress6 = "fd00::2"; config = { }; };
}
