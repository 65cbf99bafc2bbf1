{
  containers.copy = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; bindMounts."/data".hostPath = "/var/lib/nixos-containers/web/srv"; };
  containers.db = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; tmpfs = [ "/tmp" ]; };
  containers.web = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; tmpfs = [ "/tmp" ]; };
  services.container-rebuild.containers.web.after = [ "db" ];
}
