{
  containers.lan = { macvlans = [ "eth0" ]; forwardPorts = [ { hostPort = 80; } ]; localAddress = "192.168.1.5"; config = { }; };
  containers.moved = { interfaces = [ "eth1" ]; forwardPorts = [ { hostPort = 81; } ]; config = { }; };
  containers.extra = { extraVeths.back = { }; hostBridge = "br0"; config = { }; };
  containers.users = { networkNamespace = "/run/netns/vpn"; privateUsers = "pick"; config = { }; };
  containers.shared = { forwardPorts = [ { hostPort = 82; } ]; config = { }; };
}
