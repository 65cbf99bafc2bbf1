# Forwards of our own option: to another port, and to a range of which the guest opens a part.
{
  imports = [ ({ lib, ... }: { options.services.container-rebuild = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; }; }) ];
  containers.wasabi = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    config.networking.firewall.allowedTCPPorts = [ 80 8000 ];
  };
  services.container-rebuild.containers.wasabi.forwards = {
    shell = { hostPort = 2222; containerPort = 22; sources = [ "10.8.0.0/24" ]; };
    range = { hostPort = "8000:8001"; };
    web = { hostPort = 8080; containerPort = 80; };
  };
}
