{
  networking.nat = {
    enable = true;
    externalInterface = "eth0";
    forwardPorts = [
      { sourcePort = 80; destination = "10.0.0.9:80"; }
      { sourcePort = 80; destination = "10.0.0.8:80"; }
      { sourcePort = "8000:8010"; destination = "10.0.0.9:8000-8010"; }
      { sourcePort = 8005; destination = "10.0.0.9:8005"; }
      { sourcePort = "8010:8020"; destination = "10.0.0.9:90"; }
      { sourcePort = 80; destination = "10.0.0.8:80"; proto = "udp"; }
    ];
  };
  containers.web = {
    privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 80; } { hostPort = 8007; } { hostPort = 22; } ];
    config = { };
  };
}
