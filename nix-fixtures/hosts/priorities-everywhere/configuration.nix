# Every priority on every kind of option: who wins among 10, 50, 100, 900, 1000 and the option's own default.
{ lib, ... }:
{
  imports = [ ./a.nix ./b.nix ];
  networking.hostName = lib.mkOverride 900 "low";
  networking.nat.enable = lib.mkDefault true;
  networking.nat.externalInterface = lib.mkOverride 10 "ten";
  networking.firewall.checkReversePath = lib.mkDefault "loose";
  containers.p = {
    timeoutStartSec = "10s";
    privateUsers = lib.mkDefault "pick";
    forwardPorts = lib.mkDefault [ { hostPort = 1; } ];
    bindMounts."/m" = { hostPath = lib.mkDefault "/root"; isReadOnly = lib.mkVMOverride false; };
    extraVeths.v.localAddress = lib.mkForce "10.0.0.1";
    config = { };
  };
  system.stateVersion = lib.mkDefault "25.05";
}
