{ config, lib, ... }:
with lib;
let
  cfg = config.roles.web;
in
{
  options.roles.web = {
    enable = mkEnableOption "the web role";
    sites = mkOption {
      type = with types; listOf str;
      default = [ ];
    };
  };
  config = mkIf cfg.enable (mkMerge [
    {
      roles.database.enable = mkDefault true;
      containers.web = {
        autoStart = true;
        privateNetwork = true;
        hostAddress = "10.25.0.1";
        localAddress = "10.25.0.2";
        config = { services.nginx.enable = true; };
      };
    }
    (mkIf (cfg.sites != [ ]) {
      containers.web.bindMounts = listToAttrs (map (site: nameValuePair "/var/www/${site}" { hostPath = "/srv/${site}"; }) cfg.sites);
      networking.firewall.allowedTCPPorts = [ 80 443 ];
    })
    (mkIf config.roles.database.enable {
      containers.web.extraFlags = [ "--setenv=DB=${config.containers.db.localAddress}" ];
    })
  ]);
}
