{ lib, ... }:
{
  options.fleet = {
    network.bridge = lib.mkOption { type = lib.types.str; default = "br0"; };
    timeout = lib.mkOption { type = lib.types.str; default = "1min"; };
    ports = lib.mkOption { type = lib.types.listOf lib.types.port; default = [ ]; };
  };
}
