# Opened; or perhaps opened.
{
  services.nginx.enable = true;
  services.nginx.virtualHosts."git.example.org".locations."/".proxyPass = "http://192.168.100.11:3000";
  services.nginx.virtualHosts."new.example.org".locations."/".proxyPass = "http://new.containers";
  containers.git = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.11";
    config.networking.firewall.allowedTCPPorts = [ 3000 ];
  };
  containers.new = {
    privateNetwork = true;
    hostAddress = "192.168.100.1";
    localAddress = "192.168.100.12";
    config.services.something-new.enable = true;
  };
}
