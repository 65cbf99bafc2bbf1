# Addresses that nothing uses, and forwards that lead to no address.
{
  containers.a = { hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
  containers.b = {
    privateNetwork = true;
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
}
