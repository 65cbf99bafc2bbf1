# Options of one's own that moved: `mkRenamedOptionModule`, `mkAliasOptionModule`, `mkChangedOptionModule`, `mkMergedOptionModule`.
{ config, lib, ... }:
{
  imports = [
    ./options.nix
    (lib.mkRenamedOptionModule [ "fleet" "bridge" ] [ "fleet" "network" "bridge" ])
    (lib.mkAliasOptionModule [ "pods" ] [ "containers" ])
    (lib.mkChangedOptionModule [ "fleet" "minutes" ] [ "fleet" "timeout" ] (config: "${toString config.fleet.minutes}min"))
    (lib.mkMergedOptionModule [ [ "fleet" "tcp" ] [ "fleet" "web" ] ] [ "fleet" "ports" ] (
      config: (config.fleet.tcp or [ ]) ++ (config.fleet.web or [ ])
    ))
  ];
  networking.hostName = "renamed";
  fleet.bridge = "br-old";
  fleet.minutes = 7;
  fleet.tcp = [ 22 ];
  fleet.web = [ 80 443 ];
  pods.first = {
    autoStart = true;
    hostBridge = config.fleet.network.bridge;
    timeoutStartSec = config.fleet.timeout;
    privateNetwork = true;
    config = { };
  };
  containers.second = {
    hostBridge = config.fleet.network.bridge;
    privateNetwork = true;
    config = { };
  };
  networking.firewall.allowedTCPPorts = config.fleet.ports;
  system.stateVersion = "25.05";
}
