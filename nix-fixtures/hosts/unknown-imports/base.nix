{ lib, ... }: { containers.core = { autoStart = true; extraFlags = [ "--core" ]; config = { }; }; system.stateVersion = lib.mkDefault "24.05"; networking.nat.enable = false; }
