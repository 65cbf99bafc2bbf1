{ lib, ... }:
let
  on = lib.mkOption { type = lib.types.bool; default = false; };
  port = lib.mkOption { type = lib.types.port; default = 80; };
in
{
  modules = [ {
    options.services = {
      feeds = {
        enable = on;
        statusPage = on;
        inherit port;
        hosts = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
      };
      cache.enable = on;
      mirror = { enable = on; inherit port; };
    };
  } ];
}
