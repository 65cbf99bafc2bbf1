# What the file itself sets of accounts, services, files and the system, read back in flags and mounts.
{ config, lib, ... }:
{
  networking.hostName = "h";
  networking.domain = "example.org";
  users.users.bob = { isNormalUser = true; uid = 1001; home = "/srv/bob"; };
  users.users.dan = { isSystemUser = true; group = "dan"; uid = 900; };
  users.users.eve = { isNormalUser = true; name = "eve2"; };
  users.groups.dan.gid = 900;
  services.gitea.settings.server.HTTP_PORT = 3000;
  environment.etc.foo.text = "t";
  time.timeZone = "UTC";
  fileSystems."/data" = { device = "/dev/sda1"; fsType = "ext4"; };
  nixpkgs.hostPlatform = "x86_64-linux";
  containers.t = {
    config = { };
    bindMounts."/home".hostPath = config.users.users.bob.home;
    extraFlags = [
      config.users.users.eve.home
      config.users.users.eve.name
      (toString config.users.users.dan.uid)
      config.users.users.dan.group
      (toString config.users.groups.dan.gid)
      config.users.groups.dan.name
      config.networking.domain
      (toString config.services.gitea.settings.server.HTTP_PORT)
      config.environment.etc.foo.text
      config.time.timeZone
      config.fileSystems."/data".device
      config.fileSystems."/data".fsType
      config.nixpkgs.hostPlatform.system
    ];
  };
  system.stateVersion = "25.11";
}
