# A lone module that declares options and is used by nobody here: its containers depend on an option that is false.
{ config, lib, pkgs, ... }:
let
  cfg = config.custom.services.jellyfin;
in
{
  options.custom.services.jellyfin = {
    enable = lib.mkEnableOption "Jellyfin in a container";
    mediaDir = lib.mkOption {
      type = lib.types.path;
      default = "/srv/media";
      description = "Folder with media.";
    };
    openFirewall = lib.mkOption { type = lib.types.bool; default = true; };
  };
  config = lib.mkIf cfg.enable {
    containers.jellyfin = {
      autoStart = true;
      bindMounts."/media".hostPath = cfg.mediaDir;
      config = { };
    };
    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ 8096 ];
  };
}
