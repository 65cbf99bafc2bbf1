{ lib, ... }:
{
  containers.twice.tmpfs = [ "/c" ];
  containers.twice.hostBridge = null;
  networking.nat.extraCommands = lib.mkBefore "echo first";
  networking.firewall.allowedTCPPorts = lib.mkAfter [ 1 ];
  networking.hostName = lib.mkDefault "not-this";
  system.stateVersion = "25.05";
}
