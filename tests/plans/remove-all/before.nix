{
  containers.db = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-db";
  };
  containers.mail = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-mail";
  };
  containers.web = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-web";
  };
}
