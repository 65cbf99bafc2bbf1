{
  containers.db = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; tmpfs = [ "/tmp" ]; };
  containers.other = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
  containers.web = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
  services.container-rebuild.containers.web.requires = [ "db" ];
}
