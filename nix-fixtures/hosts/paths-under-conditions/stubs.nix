{ lib, ... }: { modules = [ { options.services.catalogue.old = lib.mkOption { type = lib.types.bool; default = false; }; } ]; }
