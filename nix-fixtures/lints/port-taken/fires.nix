# Two containers want one host port, and one of them wants another twice.
{
  containers.one = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 8080; containerPort = 80; } ];
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
  containers.two = {
    privateNetwork = true;
    hostAddress = "10.0.1.1";
    localAddress = "10.0.1.2";
    forwardPorts = [
      { hostPort = 8080; containerPort = 80; }
      { hostPort = 8443; containerPort = 443; }
      { hostPort = 8443; containerPort = 444; }
    ];
    config.networking.firewall.allowedTCPPorts = [ 80 443 444 ];
  };
}
