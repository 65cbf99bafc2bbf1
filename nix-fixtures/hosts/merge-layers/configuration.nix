# Five layers over one container: defaults, forces, conditions and order, in files that import each other.
{ lib, ... }:
{
  imports = [ ./base.nix ./site.nix ./overrides.nix ];

  networking.hostName = "layers";
  containers.app = {
    autoStart = true;
    extraFlags = [ "--from=configuration" ];
    tmpfs = lib.mkOrder 1200 [ "/order-1200" ];
    bindMounts."/data" = lib.mkMerge [
      { hostPath = "/srv/data"; }
      (lib.mkIf true { isReadOnly = false; })
      (lib.mkIf false { hostPath = "/never"; })
    ];
  };
  system.stateVersion = "25.05";
}
