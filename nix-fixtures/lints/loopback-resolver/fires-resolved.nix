# systemd-resolved on the host listens on the host's loopback as well.
{
  services.resolved.enable = true;
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.services.nginx.enable = true;
  };
}
