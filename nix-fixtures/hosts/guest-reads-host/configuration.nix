# Guests close over the host's values; flags and mounts repeat what the guests are told, by one `let`.
{ config, lib, pkgs, ... }:
let
  host = config;
  app = {
    uid = 4242;
    port = 7000;
    state = "/var/lib/app";
  };
  guest =
    { config, pkgs, ... }:
    {
      users.users.app = { isSystemUser = true; uid = app.uid; group = "app"; };
      users.groups.app = { };
      systemd.services.app = {
        wantedBy = [ "multi-user.target" ];
        serviceConfig.ExecStart = "${pkgs.python3}/bin/python3 -m http.server ${toString app.port}";
        environment.HOST = host.networking.hostName;
      };
      networking.firewall.allowedTCPPorts = [ app.port ] ++ config.services.openssh.ports;
      time.timeZone = host.time.timeZone;
      system.stateVersion = host.system.stateVersion;
    };
in
{
  networking.hostName = "teller";
  time.timeZone = "Asia/Tokyo";
  systemd.tmpfiles.rules = [ "d ${app.state} 0750 ${toString app.uid} root -" ];
  containers.app = {
    config = guest;
    autoStart = host.time.timeZone == "Asia/Tokyo";
    bindMounts.${app.state} = { hostPath = "/srv${app.state}"; isReadOnly = false; };
    forwardPorts = [ { hostPort = app.port; containerPort = app.port; } ];
    privateNetwork = true;
    hostAddress = "10.42.0.1";
    localAddress = "10.42.0.2";
    extraFlags = [ "--setenv=TZ=${toString host.time.timeZone}" "--setenv=UID=${toString app.uid}" ];
  };
  containers.app2 = {
    config = { ... }: { imports = [ guest ]; };
    inherit (host.containers.app) bindMounts privateNetwork;
    hostAddress = "10.42.1.1";
    localAddress = "10.42.1.2";
    extraFlags = host.containers.app.extraFlags ++ [ "--second" ];
  };
  networking.firewall.allowedTCPPorts = [ app.port ];
  system.stateVersion = "24.05";
}
