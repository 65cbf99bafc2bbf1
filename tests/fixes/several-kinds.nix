# Several mistakes in one file, each of which hides others.
{ lib, ... }:
{
  networking.nftables.enable = true;
  networking.nat = { enable = true; internalInterfaces = [ "ve-+" ]; externalInterface = "eth0" };   # lan
  containers.web = {
    privateNetwork = true;
    hostAdress = "10.0.0.1";  # the host
    localAddress = "10.0.0.2";
    autoStart = "true";
    forwardPorts = [ { hostPort = "8080"; containerPort = 80; } ]
    config = { ... }: {
      # the guest
      services.nginx.enable = true;  # a server
    };
  };
}
