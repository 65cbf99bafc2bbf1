{
  containers.copy = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; bindMounts."/data".hostPath = "/var/lib/nixos-containers/web/srv"; tmpfs = [ "/tmp" ]; };
  containers.db = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
  containers.web = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
}
