{
  containers.web = { autoStart = true; path = "/nix/store/00000000000000000000000000000000-web"; privateNetwork = true; hostAddress = "10.0.0.1"; localAddress = "10.0.0.2"; localAddress6 = "fd00::2"; };
  services.container-rebuild.containers.web.forwards = {
    http = { hostPort = 8081; containerPort = 80; };
    games = { protocol = "udp"; hostPort = "27000:27015"; hostAddress = "203.0.113.2"; };
    admin = { hostPort = 22022; containerPort = 22; interface = "wg1"; sources = [ "10.8.0.0/24" "fd08::/64" ]; hairpin = false; };
  };
}
