{
  containers.web = {
    privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2";
    config = { };
  };
  containers.shared.config = { };
  containers.bare = { privateNetwork = true; config = { }; };
  services.container-rebuild.containers = {
    web.forwards = {
      icmp = { hostPort = 1; protocol = "icmp"; };
      zero = { hostPort = 0; };
      reversed = { hostPort = "9:1"; };
      sizes = { hostPort = "10:12"; containerPort = "20:21"; };
      address = { hostPort = 2; hostAddress = "10.0.0.256"; };
      local = { hostPort = 3; hostAddress = "::1"; };
      interface = { hostPort = 4; interface = "eth0\"; drop"; };
      sources = { hostPort = 5; sources = [ "10.0.0.0/8" "nobody" ]; };
      families = { hostPort = 6; hostAddress = "203.0.113.1"; sources = [ "fd00::/8" ]; };
      none = { protocol = "udp"; };
      unknown = { hostPort = 7; hostport = 8; };
      seven = 7;
    };
    shared.forwards.http = { hostPort = 80; };
    bare.forwards.http = { hostPort = 80; };
  };
}
