{
  containers.b = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.3"; macvlans = [ "eth0" ]; extraVeths.mv-eth0 = { localAddress = "10.5.0.3"; }; config = { }; };
  containers.c = { extraVeths.lan = { }; interfaces = [ "lan" ]; config = { }; };
  containers.d = { extraVeths.lo = { }; config = { }; };
}
