# A resolver, a clock and a proxy that ask the world.
{
  networking.nat.enable = false;
  containers.resolver = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    config.services.unbound.enable = true;
  };
  containers.clock = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.12";
    config.services.chrony.enable = true;
  };
  containers.front = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.13";
    config.services.nginx = {
      enable = true;
      virtualHosts.a.locations."/".proxyPass = "https://api.example.com";
    };
  };
}
