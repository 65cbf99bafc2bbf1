{
  containers.web = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } { hostPort = 2222; containerPort = 22; } ];
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
}
