# The host asks its own resolver, which the guest is told to ask as well.
{
  services.unbound.enable = true;
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.services.nginx.enable = true;
  };
}
