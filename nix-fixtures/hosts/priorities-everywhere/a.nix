{ lib, ... }:
{
  networking.hostName = lib.mkDefault "lower";
  networking.nat.externalInterface = lib.mkForce "fifty";
  networking.nat.internalInterfaces = lib.mkForce (lib.mkAfter [ "a" ]);
  networking.firewall.checkReversePath = lib.mkOverride 1400 "strict";
  containers.p.timeoutStartSec = lib.mkIf false (lib.mkForce "never");
  containers.p.forwardPorts = [ { hostPort = lib.mkDefault 2; protocol = lib.mkForce "udp"; } ];
  containers.p.bindMounts."/m".hostPath = lib.mkOverride 999 "/a";
}
