{ lib, pkgs, ... }:
{
  containers.web = lib.mkIf pkgs.hello.meta.available {
    path = "/nix/store/00000000000000000000000000000000-web";
    autoStart = true;
  };
}
