# A lone module that reads options declared elsewhere (`config.my.…`): what hangs on them is unknown, the rest is not.
{ config, lib, ... }:
let
  inherit (config.my) network;
  service = config.my.services.gitea;
in
{
  containers.gitea = {
    autoStart = true;
    privateNetwork = true;
    hostAddress = network.gateway;
    localAddress = "10.40.0.5";
    bindMounts."/var/lib/gitea" = { hostPath = service.dataDir; isReadOnly = false; };
    bindMounts."/backup" = { hostPath = "/backup/gitea"; isReadOnly = true; };
    forwardPorts = [ { hostPort = 3000; containerPort = service.port; } ];
    config = { };
  };
  networking.nat.internalInterfaces = [ "ve-gitea" ];
  networking.nat.externalInterface = network.wan;
}
