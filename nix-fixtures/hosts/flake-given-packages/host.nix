{ lib, pkgs, shared, ... }:
{
  networking.hostName = "east";
  containers = lib.genAttrs [ "web" "mail" ] (name: {
    extraFlags = [
      "--setenv=PLATFORM=${pkgs.stdenv.hostPlatform.system}"
      "--setenv=SHARED=${shared.site}"
      "--setenv=LIB=${toString (pkgs.lib.last [ 1 2 ])}"
    ];
    bindMounts."/srv/${shared.stdenv.hostPlatform.system}".hostPath = "/srv";
    config = { };
  });
  system.stateVersion = "26.05";
}
