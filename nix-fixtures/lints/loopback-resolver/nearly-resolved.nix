# systemd-resolved lists the servers that it asks, and the guest gets these.
{
  services.resolved.enable = true;
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.services.nginx.enable = true;
  };
}
