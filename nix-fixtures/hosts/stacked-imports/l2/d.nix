{ imports = [ { networking.nat.internalInterfaces = [ "d-inline" ]; } ]; networking.nat.internalInterfaces = [ "d" ]; networking.nat.extraCommands = "d"; }
