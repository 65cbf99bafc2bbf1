# Roles as modules with `mkEnableOption`; each role under `mkIf cfg.enable (mkMerge …)`; roles switch each other on.
{ lib, ... }:
{
  imports = [ ./roles ];
  networking.hostName = "roles";
  roles.web.enable = true;
  roles.web.sites = [ "a.example" "b.example" ];
  roles.monitoring.level = "full";
  system.stateVersion = "25.05";
}
