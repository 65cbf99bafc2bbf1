# Conditions of whole sets that ask for one of the options in them: nixpkgs asks them only for the options that are read.
{ config, lib, ... }:
let
  inherit (lib) mkIf mkMerge;
  inherit (config.services) mosquitto dashboards;
in
{
  imports = [
    {
      config = mkIf config.services.mosquitto.enable {
        networking.firewall.allowedTCPPorts = [ 1883 ];
        services.mosquitto.persistence = true;
      };
    }
    {
      config = mkIf config.services.netmanager.enable {
        services.netmanager.unmanaged = [ "vb-*" ];
        networking.firewall.allowedUDPPorts = [ 1 ];
      };
    }
    { config.services = mkIf (!config.services.dashboards.off) { dashboards.port = mkIf dashboards.enable 3000; }; }
  ];
  services = mkMerge [
    { mosquitto.enable = true; netmanager.enable = true; }
    { netmanager.unmanaged = mkIf config.services.netmanager.enable [ "interface-name:ve-*" ]; }
    (mkIf mosquitto.enable { dashboards.enable = true; })
    { dashboards.off = false; }
  ];
  containers.a = {
    autoStart = mosquitto.persistence;
    extraFlags = [ "--port-of-dashboards=${toString dashboards.port}" ];
    config = { };
  };
  system.stateVersion = "25.11";
}
