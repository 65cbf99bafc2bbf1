{ lib, config, ... }:
{
  options.helpers = {
    site = lib.mkOption { type = lib.types.enum [ "vienna" "graz" ]; };
    port = lib.mkOption { type = lib.types.port; };
  };
  config.helpers.port = if config.helpers.site == "vienna" then 4301 else 4302;
}
