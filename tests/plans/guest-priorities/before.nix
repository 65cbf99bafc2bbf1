{ lib, ... }:
{
  containers.web = {
    autoStart = true;
    config = {
      services.httpd.enable = lib.mkMerge [ (lib.mkDefault true) (lib.mkForce false) ];
    };
  };
}
