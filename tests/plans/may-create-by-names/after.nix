{ lib, pkgs, ... }:
{
  containers = lib.genAttrs ([ "mail" ] ++ lib.optional pkgs.hello.meta.available "web") (_: {
    path = "/nix/store/00000000000000000000000000000000-web";
    autoStart = true;
  });
}
