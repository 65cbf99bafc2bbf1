# `networking.nat` forwards the port to another container.
{
  networking.nat = {
    enable = true;
    externalInterface = "eth0";
    internalInterfaces = [ "ve-+" ];
    forwardPorts = [ { sourcePort = 8080; destination = "10.0.1.2:80"; } ];
  };
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
    config.networking.firewall.allowedTCPPorts = [ 80 ];
  };
}
