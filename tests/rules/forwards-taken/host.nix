{
  networking.nat = {
    enable = true;
    forwardPorts = [ { sourcePort = "9000:9010"; destination = "10.0.0.9:9000-9010"; } ];
  };
  containers.a = {
    privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 80; } ];
    config.networking.firewall.enable = false;
  };
  containers.b = {
    privateNetwork = true; hostAddress = "10.0.0.3"; localAddress = "10.0.0.4";
    config.networking.firewall.enable = false;
  };
  services.container-rebuild.containers = {
    a.forwards.range = { hostPort = "8000:8010"; };
    a.forwards.near = { hostPort = 443; sources = [ "10.0.0.0/8" ]; };
    b.forwards.one = { hostPort = 8010; };
    b.forwards.nearer = { hostPort = 443; sources = [ "192.168.0.0/16" "10.1.0.0/16" ]; };
    b.forwards.http = { hostPort = 80; };
    b.forwards.nat = { hostPort = 9005; };
    b.forwards.udp = { hostPort = 8010; protocol = "udp"; };
    b.forwards.at = { hostPort = 80; hostAddress = "203.0.113.1"; };
    b.forwards.far = { hostPort = 443; sources = [ "172.16.0.0/12" ]; };
  };
}
