# All but one is no conflict.
{ lib, ... }:
{
  imports = [ { options.services.container-rebuild = lib.mkOption { default = { }; }; } ];
  containers.a = { additionalCapabilities = [ "all" ]; dropCapabilities = [ "CAP_SYS_TIME" ]; config = { }; };
  containers.b = {
    additionalCapabilities = [ "CAP_NET_ADMIN" ];
    dropCapabilities = [ "CAP_NET_RAW" ];
    config = { };
  };
}
