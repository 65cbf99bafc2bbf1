# Modules of one's own services, each `mkIf cfg.enable` around a container; some on, some off, one overridden from outside.
{ lib, ... }:
{
  imports = [ ./services ];
  homelab = {
    domain = "lab.example";
    services = {
      paste.enable = true;
      wiki = { enable = true; port = 8443; dataDir = "/srv/wiki"; };
      chat.enable = lib.mkDefault false;
      board = { enable = true; expose = false; };
    };
  };
  containers.paste.autoStart = lib.mkForce false;
  networking.hostName = "lab";
  system.stateVersion = "24.11";
}
