{ lib, hostName, all, ... }:
{
  networking.firewall.allowedTCPPorts = [ 22 ];
  networking.extraHosts = lib.concatMapStringsSep "\n" (h: "10.0.0.1 ${h}") (lib.remove hostName all);
  networking.nat.externalInterface = lib.mkDefault "en${builtins.substring 0 1 hostName}0";
  system.stateVersion = "25.05";
}
