{ lib, ... }:
{
  options.site = {
    owner = lib.mkOption { type = lib.types.str; };
    tags = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
    level = lib.mkOption { type = lib.types.str; default = "basic"; };
  };
  config.site.tags = lib.mkAfter [ "declared" ];
  config.site.level = lib.mkForce "high";
}
