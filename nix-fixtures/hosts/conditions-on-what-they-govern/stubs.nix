{ lib, ... }: {
  modules = [ {
    options.services.mosquitto = lib.genAttrs [ "enable" "persistence" ] (_: lib.mkOption { type = lib.types.bool; default = false; });
    options.services.dashboards = lib.genAttrs [ "enable" "off" ] (_: lib.mkOption { type = lib.types.bool; default = false; }) // {
      port = lib.mkOption { type = lib.types.port; default = 1; };
    };
    options.services.netmanager = {
      enable = lib.mkOption { type = lib.types.bool; default = false; };
      unmanaged = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
    };
  } ];
}
