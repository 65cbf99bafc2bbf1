# Conditions of `networking` that ask for other parts of it: NAT for its own interfaces, the name for the firewall.
{ config, lib, ... }:
let
  cfg = config.networking;
in
{
  networking = lib.mkMerge [
    { nat.enable = true; nat.externalInterface = "eth0"; }
    (lib.mkIf cfg.nat.enable { nat.internalInterfaces = [ "ve-+" ]; firewall.allowedTCPPorts = [ 80 ]; })
    (lib.mkIf (cfg.nat.externalInterface == "eth0") {
      hostName = "natted";
      nat.forwardPorts = [ { sourcePort = 1; destination = "10.0.0.1:1"; } ];
    })
    (lib.mkIf (cfg.hostName == "natted") { firewall.allowedUDPPorts = [ 53 ]; })
  ];
  containers.a.config = { };
  system.stateVersion = "25.11";
}
