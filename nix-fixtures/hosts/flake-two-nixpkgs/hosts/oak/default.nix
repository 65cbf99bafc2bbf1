{ hostOpts, unstable, pkgs, outputs, lib, ... }:
{
  cage.names = hostOpts.containers;
  containers.ci.bindMounts."/tools" = { hostPath = "${pkgs.hello}/bin"; };
  containers.docs.extraFlags = [ "--setenv=U=${unstable.hello}" "--setenv=H=${toString (lib.attrNames outputs.nixosModules)}" ];
  system.stateVersion = "25.05";
}
