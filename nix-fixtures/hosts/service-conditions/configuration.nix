# Containers that follow services of the host: what the configuration sets is known, what only nixpkgs defaults is not.
{ config, lib, ... }:
let
  cfg = config.services;
in
{
  networking.hostName = "follower";
  services.nginx.enable = true;
  services.postgresql = {
    enable = true;
    settings.port = 5433;
    ensureDatabases = [ "app" "wiki" ];
  };
  services.grafana.enable = true;
  services.grafana.settings.server.domain = "grafana.example.org";
  services.openssh = {
    enable = true;
    openFirewall = false;
  };

  containers.metrics = {
    autoStart = cfg.grafana.enable;
    ephemeral = cfg.nginx.enable && cfg.postgresql.enable;
    privateNetwork = true;
    hostAddress = "10.22.0.1";
    localAddress = "10.22.0.2";
    forwardPorts = [
      { hostPort = cfg.grafana.settings.server.http_port; containerPort = 3000; }
      { hostPort = 9090; containerPort = cfg.postgresql.settings.port; }
    ];
    extraFlags = [
      "--setenv=DOMAIN=${cfg.grafana.settings.server.domain}"
      "--setenv=URL=http://${cfg.grafana.settings.server.http_addr}:${toString cfg.grafana.settings.server.http_port}"
      "--setenv=DBS=${lib.concatStringsSep ":" cfg.postgresql.ensureDatabases}"
    ];
    bindMounts."/grafana".hostPath = cfg.grafana.dataDir;
    bindMounts."/socket".hostPath = "/run/postgresql";
    config = { };
  };
  containers.extra = lib.mkIf cfg.nginx.enable { config = { }; };
  containers.none = lib.mkIf (!cfg.nginx.enable) { config = { }; };
  networking.firewall.allowedTCPPorts = [ 80 ] ++ lib.optional cfg.postgresql.enable cfg.postgresql.settings.port;
  system.stateVersion = "25.05";
}
