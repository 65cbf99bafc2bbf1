{
  containers.web = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
}
