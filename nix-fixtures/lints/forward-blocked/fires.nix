# Forwards 2222 to a port that the guest does not open, beside one that it does; services that open nothing do not matter.
{
  containers.wasabi = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    forwardPorts = [
      { containerPort = 22; hostPort = 2222; }
      { containerPort = 80; hostPort = 8080; }
      { containerPort = 53; hostPort = 53; protocol = "udp"; }
    ];
    config = {
      services.httpd.enable = true;
      networking.firewall.allowedTCPPorts = [ 53 80 ];
    };
  };
}
