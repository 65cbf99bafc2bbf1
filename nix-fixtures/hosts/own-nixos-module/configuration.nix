# Our own NixOS module: all options have values, lists of several modules merge, and `dropCapabilities` is a flag for NixOS, too.
{ config, lib, ... }:
{
  imports = [
    ../../../nix/module.nix
    ./limits.nix
  ];
  networking.hostName = "own";
  system.stateVersion = "25.11";

  containers.web = {
    dropCapabilities = [ "CAP_SYS_TIME" "CAP_MKNOD" ];
    extraFlags = [ "--quiet" ];
    bindMounts."/srv".hostPath = "/srv/web";
    config = { };
  };
  containers.db = {
    dropCapabilities = lib.mkIf (config.services.container-rebuild.containers.db.afterUnits != [ ]) [ "CAP_CHOWN" ];
    config = { };
  };
  containers.cache.config.networking.firewall.allowedTCPPorts = [ 6379 ];

  services.container-rebuild = {
    keepGenerations = lib.mkDefault 5;
    deleteGenerationsOlderThan = "30d";
    containers.web = {
      after = [ "cache" ];
      requires = lib.mkBefore [ "db" ];
      bindSources."/srv/web" = { user = 1000; };
      credentials.password = "/run/secrets/password";
      encryptedCredentials.token = "/etc/credstore.encrypted/token";
      forwards.games = { protocol = "udp"; hostPort = "27000:27015"; hostAddress = "203.0.113.1"; };
      healthCheck.ports = [ 80 ];
      resourceControl = { MemoryMax = "2G"; CPUWeight = 50; IOReadBandwidthMax = [ "/dev/sda 5M" ]; };
    };
    containers.cache.openFirewall = true;
    containers.db = lib.mkMerge [
      { afterUnits = [ "postgresql.service" ]; }
      (lib.mkIf false { afterUnits = [ "never.service" ]; })
    ];
  };
}
