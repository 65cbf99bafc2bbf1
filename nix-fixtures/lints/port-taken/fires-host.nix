# A forward takes the port on which the host's own SSH server and nginx listen.
{
  services.openssh.enable = true;
  services.nginx.enable = true;
  services.nginx.virtualHosts."example.org".root = "/srv/www";
  containers.git = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 22; } { hostPort = 80; } ];
    config.networking.firewall.allowedTCPPorts = [ 22 80 ];
  };
}
