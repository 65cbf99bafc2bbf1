{ imports = [ ../l2/c.nix ]; networking.nat.internalInterfaces = [ "a" ]; containers.s.tmpfs = [ "/a" ]; networking.nat.extraCommands = "a"; }
