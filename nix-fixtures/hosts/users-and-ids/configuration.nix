# Numbers of users and groups that the configuration gives, read back by containers; home folders and key lists.
{ config, lib, ... }:
let
  u = config.users.users;
  g = config.users.groups;
  idmap = user: "--bind=/home/${user}:/home/${user}:owneridmap";
in
{
  users.groups.media.gid = 988;
  users.users = {
    media = {
      isSystemUser = true;
      uid = 988;
      group = "media";
      home = "/var/lib/media";
    };
    carol = {
      isNormalUser = true;
      uid = 1001;
      home = "/home/carol";
      extraGroups = [ "media" "wheel" ];
      openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample carol" ];
    };
  };
  networking.hostName = "idmap";
  containers.media = {
    autoStart = true;
    extraFlags = [
      (idmap "carol")
      "--setenv=PUID=${toString u.media.uid}"
      "--setenv=PGID=${toString g.media.gid}"
      "--setenv=KEYS=${toString (lib.length u.carol.openssh.authorizedKeys.keys)}"
    ];
    bindMounts.${u.media.home} = { hostPath = u.media.home; isReadOnly = false; };
    bindMounts."/home/carol".hostPath = u.carol.home;
    privateUsers = u.media.uid * 65536;
    config = {
      users.users.media = { isSystemUser = true; uid = u.media.uid; group = "media"; };
      users.groups.media.gid = g.media.gid;
    };
  };
  system.stateVersion = "24.11";
}
