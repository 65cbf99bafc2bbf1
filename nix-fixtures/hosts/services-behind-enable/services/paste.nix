{ config, lib, ... }:
let
  cfg = config.homelab.services.paste;
in
{
  options.homelab.services.paste.enable = lib.mkEnableOption "paste";
  config = lib.mkIf cfg.enable {
    containers.paste = {
      autoStart = true;
      privateNetwork = true;
      hostAddress = "${config.homelab.subnet}.1.1";
      localAddress = "${config.homelab.subnet}.1.2";
      config = { };
    };
  };
}
