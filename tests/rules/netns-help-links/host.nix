{
  containers.a = { networkNamespace = "/run/netns/a"; macvlans = [ "eth0" ]; config = { }; };
  containers.b = { networkNamespace = "/run/netns/b"; extraVeths.x = { hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; }; config = { }; };
  containers.c = { networkNamespace = "/run/netns/c"; localAddress = "10.0.0.2"; hostBridge = "br0"; forwardPorts = [ { hostPort = 80; } ]; config = { services.nginx.enable = true; networking.firewall.allowedTCPPorts = [ 80 ]; }; };
}
