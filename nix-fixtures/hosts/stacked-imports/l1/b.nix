{ lib, ... }: { imports = [ ../l2/d.nix ../l2/c.nix ]; networking.nat.internalInterfaces = [ "b" ]; containers.s.tmpfs = lib.mkBefore [ "/b" ]; networking.nat.extraCommands = "b"; }
