{ pkgs, ... }:
{
  environment.systemPackages = [ pkgs.borgbackup ];
  system.stateVersion = "24.05";
}
