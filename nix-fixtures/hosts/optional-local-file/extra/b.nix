{ lib, ... }: { containers.main.extraFlags = lib.mkBefore [ "--b" ]; }
