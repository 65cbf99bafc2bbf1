{ lib, ... }: { options.fromFile = lib.mkOption { type = lib.types.int; }; }
