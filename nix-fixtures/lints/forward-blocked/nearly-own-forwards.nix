# The guest opens what our own option forwards, or the port is unknown.
{ pkgs, ... }:
{
  imports = [ ({ lib, ... }: { options.services.container-rebuild = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; }; }) ];
  containers.wasabi = {
    privateNetwork = true;
    hostAddress = "192.168.100.2";
    localAddress = "192.168.100.11";
    config.networking.firewall.allowedTCPPortRanges = [ { from = 8000; to = 8010; } ];
  };
  services.container-rebuild.containers.wasabi.forwards = {
    range = { hostPort = "9000:9010"; containerPort = "8000:8010"; };
    unknown = { hostPort = pkgs.port; };
  };
}
