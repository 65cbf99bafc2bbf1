{ imports = [ ../l3/e.nix ]; networking.nat.internalInterfaces = [ "c" ]; containers.s.tmpfs = [ "/c" ]; networking.nat.extraCommands = "c"; }
