{ lib, vary, ... }: {
  modules = [ {
    options.services.catalogue.foo = {
      old = lib.mkOption { type = lib.types.bool; default = false; };
      older = lib.mkOption { type = lib.types.bool; default = false; };
      version = lib.mkOption { type = lib.types.str; default = vary "1.0" "2.0"; };
      kind = lib.mkOption { type = lib.types.str; default = vary "a" "b"; };
    };
  } ];
}
