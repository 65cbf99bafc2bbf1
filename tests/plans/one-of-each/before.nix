{
  containers.goes = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-goes";
  };
  containers.noted = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-noted";
  };
  containers.reloads = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-reloads";
  };
  containers.restarts = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-restarts";
  };
  containers.stays = {
    autoStart = true;
    path = "/nix/store/00000000000000000000000000000000-stays";
  };
}
