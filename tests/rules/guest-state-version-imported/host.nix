{ lib, ... }: {
  system.stateVersion = "24.05";
  containers.shop = { config = { services.mysql = { enable = true; }; }; };
  containers.cloud.config = { ... }: { imports = [ ./cloud.nix ]; };
  containers.wiki.config = { lib, ... }: { services.postgresql.enable = lib.mkDefault true; system.stateVersion = lib.mkDefault "24.05"; };
  containers.off.config = { services.postgresql.enable = false; };
}
