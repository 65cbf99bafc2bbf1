{
  containers.web = { path = "/nix/store/00000000000000000000000000000000-web"; autoStart = true; };
  services.container-rebuild.containers.web.resourceControl = {
    MemoryMax = "2G";
    TasksMax = 4096;
  };
}
