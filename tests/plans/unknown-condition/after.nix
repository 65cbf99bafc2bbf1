{ config, ... }:
{
  containers.web = {
    autoStart = config.services.xserver.enable;
    path = "/nix/store/00000000000000000000000000000000-web";
  };
}
