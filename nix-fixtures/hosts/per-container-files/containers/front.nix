{ config, lib, ... }:
let
  db = config.containers.database;
in
{
  containers.front = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.10.2.1";
    localAddress = "10.10.2.2";
    extraFlags = [ "--setenv=DATABASE=${db.localAddress}" ];
    forwardPorts = [
      { hostPort = 80; }
      { hostPort = 443; }
    ];
    config = { services.nginx.enable = true; system.stateVersion = "24.05"; };
  };
  networking.nat.internalInterfaces = lib.mkBefore [ "ve-front" ];
  networking.firewall.allowedTCPPorts = map (p: p.hostPort) config.containers.front.forwardPorts;
}
