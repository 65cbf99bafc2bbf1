{ config, lib, ... }:
{
  options.homelab.services.chat.enable = lib.mkEnableOption "chat";
  config = lib.mkIf config.homelab.services.chat.enable {
    containers.chat = { autoStart = true; config = { }; };
    networking.firewall.allowedUDPPorts = [ 5222 ];
  };
}
