{
  networking.firewall.allowedTCPPorts = [ 22 ];
  containers.a = { networkNamespace = "/run/netns/vpn"; config = { services.jellyfin.enable = true; networking.firewall.allowedTCPPorts = [ 8096 ]; }; };
  containers.b = { macvlans = [ "eth0" ]; config = { services.jellyfin.enable = true; networking.firewall.allowedTCPPorts = [ 8096 ]; }; };
  containers.c = { extraFlags = [ "--network-namespace-path=/run/netns/x" ]; forwardPorts = [ { hostPort = 81; } ]; config = { }; };
  containers.d = { extraFlags = [ "--private-network" ]; forwardPorts = [ { hostPort = 82; } ]; localAddress = "10.0.0.2"; config = { }; };
}
