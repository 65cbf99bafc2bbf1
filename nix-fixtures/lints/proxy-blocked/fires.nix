# The proxy asks a port that the guest's firewall drops.
{
  services.nginx.enable = true;
  services.nginx.virtualHosts."git.example.org".locations."/".proxyPass = "http://192.168.100.11:3000";
  containers.git = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config = {
      services.gitea.enable = true;
      networking.firewall.allowedTCPPorts = [ 22 ];
    };
  };
}
