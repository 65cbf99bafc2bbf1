# Twice on one bridge, which cannot work, and once more elsewhere; the case of the digits does not matter.
{
  containers.a = { privateNetwork = true; hostBridge = "br0"; localMacAddress = "02:00:00:00:00:0a"; config = { }; };
  containers.b = { privateNetwork = true; hostBridge = "br0"; localMacAddress = "02:00:00:00:00:0A"; config = { }; };
  containers.c = { privateNetwork = true; hostBridge = "br1"; localMacAddress = "02:00:00:00:00:0a"; config = { }; };
}
