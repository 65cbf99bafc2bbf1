# Nobody turns nginx on, on the host and in a guest.
{
  services.nginx.virtualHosts."example.org".locations."/".proxyPass = "http://192.168.100.11";
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.services.nginx = {
      enable = false;
      virtualHosts.a.root = "/srv/a";
      virtualHosts.b.root = "/srv/b";
    };
  };
}
