# Containers that are defined while `boot.enableContainers` is off by force; nixos-version dependent values by `versionAtLeast`.
{ config, lib, ... }:
let
  new = lib.versionAtLeast config.system.stateVersion "24.11";
  older = lib.versionOlder config.system.stateVersion "22.05";
in
{
  boot.enableContainers = lib.mkForce false;
  networking.hostName = "off";
  networking.nftables.enable = !older;
  containers.a = {
    autoStart = new;
    privateUsers = if new then "pick" else "no";
    extraFlags = lib.optional (lib.versions.major config.system.stateVersion == "24") "--twenty-four";
    config = { };
  };
  system.stateVersion = "24.05";
}
