{ lib, ... }: { system.stateVersion = lib.mkDefault "25.05"; services.openssh.enable = true; }
