# Systems that are built elsewhere in the configuration, by a package, and by another container's.
{ config, pkgs, lib, ... }:
{
  containers.a.path = "${pkgs.hello}/x";
  containers.b = lib.mkMerge [ { path = pkgs.hello; } { autoStart = true; } ];
  containers.c.path = config.containers.a.path;
  containers.d.path = "/nix/var/nix/profiles/per-container/d";
  system.stateVersion = "25.11";
}
