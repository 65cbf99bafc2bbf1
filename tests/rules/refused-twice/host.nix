{
  containers.a = { privateNetwork = true; hostBridge = "br0"; localMacAddress = "01:00:5e:00:00:01"; config = { }; };
  containers.b = { bindMounts."/data".hostPath = "/a"; bindMounts."/data/" = { hostPath = "/b"; }; config = { }; };
  containers.c = { bindMounts."/nix/store".hostPath = "/x"; config = { }; };
  containers.d = { interfaces = [ "eth1" ]; config = { }; };
  containers.e = { interfaces = [ "eth1" "eth1" ]; config = { }; };
  containers.f = { macvlans = [ "eth0" "eth0" ]; config = { }; };
}
