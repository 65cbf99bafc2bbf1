{ lib, ... }: {
  modules = [ {
    options.services.store = {
      enable = lib.mkOption { type = lib.types.bool; default = false; };
      remote = lib.mkOption { type = lib.types.bool; default = false; };
      dataDir = lib.mkOption { type = lib.types.str; default = "/var/lib/store"; };
      settings.port = lib.mkOption { type = lib.types.port; default = 5432; };
    };
  } ];
}
