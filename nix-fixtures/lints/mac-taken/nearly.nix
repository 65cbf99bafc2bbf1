# Different ones, and none.
{
  containers.a = { privateNetwork = true; hostBridge = "br0"; localMacAddress = "02:00:00:00:00:0a"; config = { }; };
  containers.b = { privateNetwork = true; hostBridge = "br0"; localMacAddress = "02:00:00:00:00:0b"; config = { }; };
  containers.c = { privateNetwork = true; hostBridge = "br0"; config = { }; };
  containers.d = { privateNetwork = true; hostBridge = "br0"; config = { }; };
}
