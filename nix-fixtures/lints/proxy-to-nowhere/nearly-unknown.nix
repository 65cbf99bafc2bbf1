# One container may have any address.
{ pkgs, ... }: {
  services.nginx.enable = true;
  services.nginx.virtualHosts."wiki.example.org".locations."/".proxyPass = "http://192.168.100.12:8080";
  containers.git = { privateNetwork = true; hostAddress = "192.168.100.1"; localAddress = "192.168.100.11"; config = { }; };
  containers.wiki = { privateNetwork = true; hostAddress = "192.168.100.1"; localAddress = pkgs.address; config = { }; };
}
