{
  containers.built = {
    autoStart = true;
    config.services.httpd.enable = true;
  };
  containers.given = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-web";
  };
}
