{ lib, ... }:
{
  networking.nat.internalInterfaces = lib.mkForce (lib.mkBefore [ "b" ]);
  networking.nat.internalIPs = lib.mkMerge [ (lib.mkDefault [ "1.0.0.0/8" ]) (lib.mkIf true (lib.mkDefault [ "2.0.0.0/8" ])) ];
  containers.p.privateUsers = lib.mkMerge [ (lib.mkIf false 7) (lib.mkIf true 8) ];
  containers.p.extraVeths.v.localAddress = lib.mkDefault "10.0.0.2";
  containers.p.extraVeths.v.hostBridge = lib.mkForce null;
  system.stateVersion = lib.mkForce "24.11";
}
