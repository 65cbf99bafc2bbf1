# Nothing translates the addresses of a guest that renews certificates.
{
  containers.web = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    config = {
      services.nginx.enable = true;
      services.nginx.virtualHosts."example.org" = { enableACME = true; forceSSL = true; };
      networking.firewall.allowedTCPPorts = [ 80 443 ];
    };
  };
}
