# Priorities on every level: `mkForce` of whole sets, `mkOverride` of a container, `mkVMOverride`, `mkImageMediaOverride`, `mkDefault` twice.
{ lib, ... }:
{
  imports = [ ./profile.nix ];
  containers.a = lib.mkForce { autoStart = true; config = { }; };
  containers.b = lib.mkOverride 60 { ephemeral = true; config = { }; };
  containers.c.bindMounts = lib.mkForce { "/only".hostPath = "/only"; };
  containers.d = lib.mkVMOverride { config = { }; };
  networking.nat = lib.mkForce { enable = true; };
  networking.firewall.allowedTCPPorts = lib.mkOverride 40 [ 1 ];
  networking.firewall.allowPing = lib.modules.mkImageMediaOverride false;
  networking.hostName = "forced";
  system.stateVersion = lib.mkOptionDefault "20.03";
}
