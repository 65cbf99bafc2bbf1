{
  containers.six = {
    privateNetwork = true;
    hostAddress6 = "fc00::1";
    localAddress6 = "fc00::2";
    forwardPorts = [ { hostPort = 8443; containerPort = 443; } ];
    config.networking.firewall.allowedTCPPorts = [ 443 ];
  };
}
