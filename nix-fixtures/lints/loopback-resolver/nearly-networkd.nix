# networkd brings systemd-resolved along.
{
  networking.useNetworkd = true;
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.services.nginx.enable = true;
  };
}
