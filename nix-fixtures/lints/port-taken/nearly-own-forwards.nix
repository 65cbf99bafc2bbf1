# Other ports, another protocol, and certain connections only, which leave the server the others.
{
  imports = [ ({ lib, ... }: { options.services.container-rebuild = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; }; }) ];
  services.openssh.enable = true;
  containers.git = {
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = "10.0.0.2";
    config.networking.firewall.enable = false;
  };
  services.container-rebuild.containers.git.forwards = {
    address = { hostPort = 22; hostAddress = "203.0.113.1"; };
    datagrams = { hostPort = 22; protocol = "udp"; };
    elsewhere = { hostPort = 2222; containerPort = 22; };
    inside = { hostPort = 22; interface = "wg0"; };
    some = { hostPort = 22; sources = [ "10.8.0.0/24" ]; };
  };
}
