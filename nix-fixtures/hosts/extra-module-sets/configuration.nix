# `imports` of sets, functions, `{ _file, key, imports }`, the same file twice, and one set under a key that is there already.
{ lib, ... }:
{
  imports = [
    { networking.firewall.allowedTCPPorts = [ 1 ]; }
    ({ lib, ... }: { networking.firewall.allowedTCPPorts = lib.mkBefore [ 2 ]; })
    { _file = "virtual.nix"; imports = [ ./once.nix ./once.nix ]; config.networking.firewall.allowedTCPPorts = [ 3 ]; }
    { key = "k"; networking.nat.internalIPs = [ "first" ]; }
    { key = "k"; networking.nat.internalIPs = [ "second" ]; }
    (import ./once.nix)
    ./once.nix
  ];
  networking.nat.internalIPs = [ "root" ];
  networking.hostName = "sets";
  system.stateVersion = "25.05";
}
