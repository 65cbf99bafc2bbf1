# Devices passed through: one table gives `allowedDevices` and `bindMounts`; ids of users and groups of the host in paths.
{ config, lib, pkgs, ... }:
let
  devices = { render = "/dev/dri/renderD128"; card = "/dev/dri/card0"; tuner = "/dev/dvb"; };
  media = config.users.users.media;
in
{
  users.users.media = { uid = 1500; group = "media"; isSystemUser = true; home = "/srv/media"; };
  users.groups.media.gid = 1501;
  containers.player = {
    autoStart = true;
    bindMounts = lib.mapAttrs' (_: node: { name = node; value = { hostPath = node; isReadOnly = false; }; }) devices
      // { ${media.home} = { hostPath = media.home; isReadOnly = true; }; "/run/user/${toString media.uid}".isReadOnly = false; };
    allowedDevices = lib.attrValues (lib.mapAttrs (n: node: { inherit node; modifier = if n == "tuner" then "rwm" else "rw"; }) devices);
    extraFlags = [ "--bind-user=${media.name or "media"}" "--setenv=PUID=${toString media.uid}" "--setenv=PGID=${toString config.users.groups.${media.group}.gid}" "--setenv=PLAYER=${pkgs.hello}/bin/hello" ];
    additionalCapabilities = [ "all" ];
    config = { ... }: { users.users.media = { inherit (media) uid group home; }; };
  };
  networking.hostName = "tv";
  system.stateVersion = "24.11";
}
