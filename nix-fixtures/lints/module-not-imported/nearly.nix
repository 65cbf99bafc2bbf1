# The configuration declares the options, as the module does.
{ lib, ... }:
{
  options.services.container-rebuild.keepGenerations = lib.mkOption { default = 10; };
  config = {
    containers.web = { dropCapabilities = [ "CAP_SYS_TIME" ]; config = { }; };
    services.container-rebuild.keepGenerations = 3;
  };
}
