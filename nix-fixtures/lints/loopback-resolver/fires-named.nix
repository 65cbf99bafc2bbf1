# Servers that the host names itself, all on its loopback.
{
  networking.nameservers = [ "127.0.0.1" "::1" ];
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.services.nginx.enable = true;
  };
}
