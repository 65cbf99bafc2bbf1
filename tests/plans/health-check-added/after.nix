{
  containers.web = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
  services.container-rebuild.containers.web.healthCheck = {
    ports = [ 80 ];
    units = [ "nginx.service" ];
  };
}
