{
  networking.nat = {
    enable = true;
    externalInterface = "eth0";
    internalIPs = [ "10.8.0.0/16" "10.8.1.0/24" "10.9.0.1" ];
    externalIP = "203.0.113.9";
    forwardPorts = [
      { sourcePort = 80; destination = "10.0.0.2:8080"; loopbackIPs = [ "203.0.113.9" ]; }
      { sourcePort = "5000:5010"; destination = "10.0.0.2:5000-5010"; }
      { sourcePort = "6000:6001"; destination = "10.0.0.2:7000-7001"; proto = "udp"; }
      { sourcePort = 80; destination = "10.0.0.2:8080"; }
    ];
    dmzHost = "10.0.0.3";
  };
  containers.web = {
    privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 80; containerPort = 8080; } ];
    config.networking.firewall.enable = false;
  };
}
