{ config, ... }: { networking.nat.internalInterfaces = [ "e" ]; containers.s.tmpfs = [ "/e" ]; networking.nat.extraCommands = "e"; }
