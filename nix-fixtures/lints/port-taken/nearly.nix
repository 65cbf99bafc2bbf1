# The same number for another protocol, one that is not known, and one of a container without a network of its own; the host's
# servers listen elsewhere.
{ pkgs, ... }: {
  services.openssh = { enable = true; ports = [ 2200 ]; };
  services.nginx.enable = true;
  services.nginx.virtualHosts."example.org".listen = [ { addr = "0.0.0.0"; port = 8000; } ];
  containers.one = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    forwardPorts = [ { hostPort = 53; protocol = "udp"; } { hostPort = 22; } { hostPort = 80; } ];
    config.networking.firewall = { allowedTCPPorts = [ 22 80 ]; allowedUDPPorts = [ 53 ]; };
  };
  containers.two = {
    privateNetwork = true;
    hostAddress = "10.0.1.1";
    localAddress = "10.0.1.2";
    forwardPorts = [ { hostPort = 53; } { hostPort = pkgs.port; containerPort = 53; } ];
    config.networking.firewall.allowedTCPPorts = [ 53 ];
  };
}
