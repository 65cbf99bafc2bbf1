{ lib, ... }: { imports = [ ./net.nix ]; system.stateVersion = lib.mkDefault "24.11"; time.timeZone = "Europe/Rome"; }
