{ config, lib, ... }:
with lib;
let
  cfg = config.homelab.services.wiki;
in
{
  options.homelab.services.wiki = {
    enable = mkEnableOption "wiki";
    port = mkOption { type = types.port; default = 8080; };
    dataDir = mkOption { type = types.path; default = "/var/lib/wiki"; };
    hostName = mkOption { type = types.str; default = "wiki.${config.homelab.domain}"; };
  };
  config = mkIf cfg.enable {
    containers.wiki = {
      autoStart = true;
      bindMounts.${cfg.dataDir} = { hostPath = cfg.dataDir; isReadOnly = false; };
      privateNetwork = true;
      hostAddress = "${config.homelab.subnet}.2.1";
      localAddress = "${config.homelab.subnet}.2.2";
      forwardPorts = [ { hostPort = cfg.port; containerPort = 80; } ];
      extraFlags = [ "--hostname=${cfg.hostName}" ];
      config.services.httpd.enable = true;
    };
    networking.firewall.allowedTCPPorts = [ cfg.port ];
  };
}
