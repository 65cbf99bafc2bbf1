# A path under a condition that is not known, a weaker one, and one that takes the place of another.
{ config, pkgs, lib, ... }:
{
  containers.a.path = lib.mkIf (!config.services.catalogue.old) "${pkgs.hello}/system";
  containers.b = { path = lib.mkDefault pkgs.hello; ephemeral = true; };
  containers.c = lib.mkMerge [ { path = lib.mkDefault pkgs.hello; } { path = "/srv/c"; } ];
  system.stateVersion = "25.11";
}
