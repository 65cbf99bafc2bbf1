{
  containers.web = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-web";
  };
}
