# `mkForce` empties what other files fill: lists, mounts, whole containers, port lists, null for an address.
{ lib, ... }:
{
  imports = [ ./fill.nix ];
  networking.hostName = "reset";
  containers.filled = {
    bindMounts = lib.mkForce { "/only".hostPath = "/only"; };
    extraFlags = lib.mkForce [ ];
    hostAddress = lib.mkForce null;
    forwardPorts = lib.mkForce [ { hostPort = 1; } ];
    extraVeths = lib.mkForce { };
  };
  containers.partly.bindMounts."/a".hostPath = lib.mkForce "/forced";
  containers.partly.bindMounts."/b" = lib.mkForce { hostPath = "/b2"; };
  containers.gone = lib.mkForce { config = { }; };
  networking.firewall.allowedTCPPorts = lib.mkForce [ 443 80 ];
  networking.firewall.trustedInterfaces = lib.mkForce [ "lan" ];
  networking.firewall.interfaces = lib.mkForce { };
  networking.nat = lib.mkForce { enable = false; internalInterfaces = [ "forced" ]; };
  system.stateVersion = "25.05";
}
