{ lib, ... }: { options.site.list = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; }; }
