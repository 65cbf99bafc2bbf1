# The same with what was missing.
{
  containers.a = { privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; config = { }; };
  containers.b = {
    privateNetwork = true;
    hostAddress6 = "fd00::1";
    localAddress6 = "fd00::2";
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
}
