{ lib, ... }: { containers.o.extraFlags = lib.mkAfter [ "two" ]; boxes.x = { flags = lib.mkBefore [ "front" ]; }; boxes.x.env = lib.mkIf true [ "T=1" ]; }
