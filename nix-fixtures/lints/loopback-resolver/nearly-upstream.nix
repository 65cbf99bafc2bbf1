# resolvconf knows a server beside the one on the loopback.
{
  services.unbound.enable = true;
  networking.nameservers = [ "127.0.0.1" "192.168.1.1" ];
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.services.nginx.enable = true;
  };
}
